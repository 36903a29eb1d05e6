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

/* Σ x² in double precision, the same whatever the number of threads; `length` is a multiple of 16. */
double sum_of_squares(const float *x, size_t length, size_t threads);

#endif
