#ifndef YUKSU_PARALLEL_H
#define YUKSU_PARALLEL_H

#include <stddef.h>

/* Runs `task` for every index below `count`, on as many threads as there are. */
typedef struct {
  void (*run)(const void *runner, void (*task)(void *data, size_t index), size_t count, void *data);
  const void *runner;
} Parallel;

#endif
