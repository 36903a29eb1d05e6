/*
 * A pool of blocks in one stretch of addresses that is reserved once. Each block begins with what is known of it; neighbours that are free are joined at once, and
 * the smallest free block that is large enough is taken, the first of several. Runs ask for the same sizes in the same order again and again, so little is lost
 * between blocks. What is small comes from the usual heap.
 */
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
  least_block = 16 * 1024, /* of what the pool is worth */
  unit = 64,               /* that blocks begin and end at */
  growth = 2 * 1024 * 1024,
};

static const size_t reserved_bytes = (size_t)1 << 40;

typedef struct Block {
  size_t bytes; /* with this head */
  struct Block *before, *after;
  int is_free;
} Block;

enum { head_bytes = unit };

static struct {
  pthread_mutex_t lock;
  uint8_t *begin;
  size_t used; /* of the reserved bytes, that are the pool's now */
  Block *last;
  size_t taken, sessions;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t rounded(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

/* Joins a free block with the one after it. */
static void join(Block *block) {
  const Block *after = block->after;
  block->bytes += after->bytes;
  block->after = after->after;
  if (block->after != NULL) block->after->before = block;
  else pool.last = block;
}

/* A free block of at least so many bytes at the end, or null where there is no memory. */
static Block *grow(size_t bytes) {
  const int extends = pool.last != NULL && pool.last->is_free;
  const size_t more = rounded(bytes - (extends ? pool.last->bytes : 0), growth);
  if (pool.used + more > reserved_bytes - growth || mprotect(pool.begin + pool.used, more, PROT_READ | PROT_WRITE) != 0) return NULL;
  Block *block = (Block *)(pool.begin + pool.used);
  pool.used += more;
  if (extends) {
    pool.last->bytes += more;
    return pool.last;
  }
  *block = (Block){more, pool.last, NULL, 1};
  if (pool.last != NULL) pool.last->after = block;
  pool.last = block;
  return block;
}

static Block *smallest_for(size_t bytes) {
  Block *best = NULL;
  for (Block *block = pool.used > 0 ? (Block *)pool.begin : NULL; block != NULL; block = block->after)
    if (block->is_free && block->bytes >= bytes && (best == NULL || block->bytes < best->bytes)) best = block;
  return best;
}

static void *take(size_t wanted) {
  const size_t bytes = rounded(wanted, unit) + head_bytes;
  Block *block = smallest_for(bytes);
  if (block == NULL) block = grow(bytes);
  if (block == NULL) return NULL;
  if (block->bytes >= bytes + least_block) {
    Block *rest = (Block *)((uint8_t *)block + bytes);
    *rest = (Block){block->bytes - bytes, block, block->after, 1};
    if (rest->after != NULL) rest->after->before = rest;
    else pool.last = rest;
    block->bytes = bytes;
    block->after = rest;
  }
  block->is_free = 0;
  pool.taken++;
  return (uint8_t *)block + head_bytes;
}

/* All memory goes back to the system; the addresses stay. */
static void give_back(void) {
  if (pool.taken > 0 || pool.used == 0) return;
  madvise(pool.begin, pool.used, MADV_DONTNEED);
  mprotect(pool.begin, pool.used, PROT_NONE);
  pool.used = 0;
  pool.last = NULL;
}

static void *allocate(OrtAllocator *self, size_t bytes) {
  (void)self;
  if (bytes < least_block) return aligned_alloc(unit, rounded(bytes + 1, unit));
  pthread_mutex_lock(&pool.lock);
  void *data = take(bytes);
  pthread_mutex_unlock(&pool.lock);
  return data;
}

static void release(OrtAllocator *self, void *data) {
  (void)self;
  uint8_t *place = data;
  if (place == NULL) return;
  if (place < pool.begin || place >= pool.begin + reserved_bytes) {
    free(data);
    return;
  }
  pthread_mutex_lock(&pool.lock);
  Block *block = (Block *)(place - head_bytes);
  block->is_free = 1;
  pool.taken--;
  if (block->after != NULL && block->after->is_free) join(block);
  if (block->before != NULL && block->before->is_free) join(block->before);
  if (pool.sessions == 0) give_back();
  pthread_mutex_unlock(&pool.lock);
}

static const OrtMemoryInfo *pool_info;
static const OrtMemoryInfo *info_of(const OrtAllocator *self) { return (void)self, pool_info; }

OrtAllocator *memory_pool(const OrtMemoryInfo *info) {
  static OrtAllocator allocator = {.version = 17, .alloc = allocate, .free = release, .info = info_of};
  pool_info = info;
  void *begin = mmap(NULL, reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (begin == MAP_FAILED) return NULL;
  /* Whole large pages are the pool's, and none but its. */
  pool.begin = (uint8_t *)rounded((size_t)begin, growth);
  madvise(pool.begin, reserved_bytes - growth, MADV_HUGEPAGE);
  return &allocator;
}

void join_pool(void) {
  pthread_mutex_lock(&pool.lock);
  pool.sessions++;
  pthread_mutex_unlock(&pool.lock);
}

void leave_pool(void) {
  pthread_mutex_lock(&pool.lock);
  if (--pool.sessions == 0) give_back();
  pthread_mutex_unlock(&pool.lock);
}
