#ifndef YUKSU_PRODUCT_H
#define YUKSU_PRODUCT_H

#include <stddef.h>
#include <stdint.h>

/* Runs `task` for every index below `count`, on as many threads as there are. */
typedef struct {
  void (*run)(const void *runner, void (*task)(void *data, size_t index), size_t count, void *data);
  const void *runner;
} Parallel;

/* A matrix of `rows` × `columns` float32 as the product reads it. Where `transposed`, it is stored as columns × rows. */
typedef struct {
  const float *data;
  size_t rows, columns;
  int transposed;
} Matrix;

/* How many bfloat16 numbers stand for one float32: 1 keeps 8 bits of its 24, 2 keep 16, 3 keep all. */
enum { largest_part_count = 3 };

/* 0 where the processor and the system have what `product` needs. */
int product_unsupported(void);

/* Bytes of scratch memory that `product` takes, aligned to 64 bytes. */
size_t product_scratch_bytes(size_t rows, size_t columns, size_t inner, size_t batches, int parts);

/*
 * out[b] = alpha · left[b] · right[b], float32 `rows` × `columns`, for each of `batches`; `left` and `right` give its operands' places.
 * Sums are of float32.
 */
void product(const Matrix *left, const Matrix *right, float *out, size_t batches, float alpha, int parts,
             void *scratch, Parallel parallel);

#endif
