#ifndef YUKSU_ATTENTION_H
#define YUKSU_ATTENTION_H

#include "parallel.h"
#include "tiles.h"

#include <stddef.h>

/*
 * Queries `[batches, key heads · group, rows, width]`, keys `[batches, key heads, keys, width]` and values `[…, keys, value width]`; each head of keys
 * serves `group` neighbouring heads of queries. The mask is added to the scores; its strides, in numbers, are 0 along axes it is the same along.
 */
typedef struct {
  const float *query, *key, *value, *mask;
  size_t batches, key_heads, group, rows, keys, width, value_width;
  size_t mask_strides[4];
  float scale;
  TileFormat format;
} Attention;

/* The largest score of a row, and the sum of exponentials of what its scores are below it. One number would not do where a mask is all there is. */
typedef struct {
  float largest, sum;
} RowScale;

/* What flows into the result, the result, and where what flows into its operands goes. */
typedef struct {
  const float *out_gradient, *out;
  const RowScale *scales;
  float *query_gradient, *key_gradient, *value_gradient;
} AttentionGradient;

size_t attention_scratch_bytes(const Attention *attention);
size_t attention_gradient_scratch_bytes(const Attention *attention);

/* out = softmax(scale · Q · Kᵀ + mask) · V, and the scale of each row, `[batches, heads, rows]`. */
void attention(const Attention *attention, float *out, RowScale *scales, void *scratch, Parallel parallel);

void attention_gradient(const Attention *attention, const AttentionGradient *gradient, void *scratch, Parallel parallel);

#endif
