#ifndef YUKSU_WORKERS_H
#define YUKSU_WORKERS_H

#include <stddef.h>

/* Does `work` for all numbers below `length`, in stretches of whole `unit`s, on at most so many threads. One that works for another caller is not waited for. */
void share_out(void (*work)(const void *data, size_t begin, size_t end), const void *data, size_t length, size_t unit, size_t threads);

#endif
