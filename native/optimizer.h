#ifndef YUKSU_OPTIMIZER_H
#define YUKSU_OPTIMIZER_H

#include <stddef.h>

/* One step over arrays that begin at a multiple of 64 bytes; `length` is a multiple of 16. The other numbers are those of the kernel in WebAssembly. */
typedef struct {
  float *weight, *gradient, *mean, *square;
  size_t length;
  double beta1, beta2;
  float rate, root, epsilon, keep, factor;
} AdamW;

void adamw(const AdamW *step, size_t threads);

#endif
