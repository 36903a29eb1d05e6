#ifndef YUKSU_PRODUCT_H
#define YUKSU_PRODUCT_H

#include "parallel.h"
#include "tiles.h"

/* Bytes of scratch memory that `product` takes, aligned to 64 bytes. */
size_t product_scratch_bytes(size_t rows, size_t columns, size_t inner, size_t batches, TileFormat format, int is_packed);

/* What a product's sums are multiplied by, and what is added to each line of the result then, or null. */
typedef struct {
  float alpha;
  const float *bias;
} Scaling;

/*
 * out[b] = alpha · left[b] · right[b] + bias, float32 `rows` × `columns`, for each of `batches`; `left` and `right` give its operands' places.
 * `format` is what stands for each number; sums are of float32. A single right operand may have been packed
 * before (`pack_right`, `pack_on_threads`); otherwise `packed` is null.
 */
void product(const Matrix *left, const Matrix *right, const uint8_t *packed, float *out, size_t batches, Scaling scaling,
             TileFormat format, void *scratch, Parallel parallel);

/* Packs all of an operand. */
void pack_on_threads(const Packing *packing, Parallel parallel);

#endif
