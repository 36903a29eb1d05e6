/*
 * Threads that stay, for work that is over in some microseconds: to make a thread takes as long as what an optimizer does with the numbers of a small layer. They
 * look for work for a moment after they had some, as that of the next layer follows at once, and sleep then.
 */
#include "workers.h"

#include <immintrin.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
  most_workers = 15,
  looks = 20000, /* for work before they sleep, some hundred microseconds */
};

typedef struct {
  void (*work)(const void *data, size_t begin, size_t end);
  const void *data;
  size_t length, unit;
  atomic_size_t next;
} Job;

static struct {
  pthread_mutex_t lock;
  pthread_cond_t given;
  /* Counts the jobs, and the one that may be joined now, or null. */
  atomic_size_t jobs;
  Job *job;
  /* Workers that are wanted for it, and that work on it. */
  size_t wanted, started;
  atomic_size_t working;
} workers = {.lock = PTHREAD_MUTEX_INITIALIZER, .given = PTHREAD_COND_INITIALIZER};

static void do_units(Job *job) {
  for (size_t begin; (begin = atomic_fetch_add(&job->next, job->unit)) < job->length;) {
    const size_t end = begin + job->unit;
    job->work(job->data, begin, end < job->length ? end : job->length);
  }
}

static void *work_on(void *unused) {
  (void)unused;
  for (size_t seen = 0;;) {
    for (size_t look = 0; look < looks && atomic_load(&workers.jobs) == seen; look++) _mm_pause();
    pthread_mutex_lock(&workers.lock);
    while (atomic_load(&workers.jobs) == seen) pthread_cond_wait(&workers.given, &workers.lock);
    seen = atomic_load(&workers.jobs);
    Job *job = workers.wanted > 0 ? workers.job : NULL;
    if (job != NULL) {
      workers.wanted--;
      atomic_fetch_add(&workers.working, 1);
    }
    pthread_mutex_unlock(&workers.lock);
    if (job == NULL) continue;
    do_units(job);
    atomic_fetch_sub(&workers.working, 1);
  }
  return NULL;
}

/* Makes threads until there are so many, or as many as can be had. */
static void start_workers(size_t count) {
  for (pthread_t thread; workers.started < count && pthread_create(&thread, NULL, work_on, NULL) == 0; workers.started++)
    pthread_detach(thread);
}

void share_out(void (*work)(const void *data, size_t begin, size_t end), const void *data, size_t length, size_t unit, size_t threads) {
  Job job = {.work = work, .data = data, .length = length, .unit = unit};
  const size_t units = (length + unit - 1) / unit, useful = threads < units ? threads : units;
  const size_t helpers = useful < 2 ? 0 : useful - 1 < most_workers ? useful - 1 : most_workers;
  pthread_mutex_lock(&workers.lock);
  const int joins = helpers > 0 && workers.job == NULL;
  if (joins) {
    start_workers(helpers);
    workers.job = &job;
    workers.wanted = helpers;
    atomic_fetch_add(&workers.jobs, 1);
    pthread_cond_broadcast(&workers.given);
  }
  pthread_mutex_unlock(&workers.lock);
  do_units(&job);
  if (!joins) return;
  pthread_mutex_lock(&workers.lock);
  workers.wanted = 0;
  pthread_mutex_unlock(&workers.lock);
  while (atomic_load(&workers.working) > 0) _mm_pause();
  pthread_mutex_lock(&workers.lock);
  workers.job = NULL;
  pthread_mutex_unlock(&workers.lock);
}
