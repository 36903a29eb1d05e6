/* What the formats of tiles have in common, and what each of them does by itself. */
#ifndef YUKSU_TILE_FORMATS_H
#define YUKSU_TILE_FORMATS_H

#include "lanes.h"
#include "tiles.h"

#include <immintrin.h>

#define LOAD(tile, place) _tile_loadd(tile, place, 64)

/* A tile's units of 32 bits with rows and columns exchanged, in place. */
void transpose_tile(uint8_t *tile);

/*
 * Writes sixteen sums of a line into their place, or as many of them as there are from `column` on, past the caches where that is asked for: lines that are written without
 * being read first take a fifth of the time where the result is larger than the caches.
 */
static inline void store_sums(const Multiplication *m, __m512 sums, float *out, size_t column) {
  const size_t columns = m->columns - column;
  const __mmask16 there = first(columns);
  __m512 values = _mm512_mul_ps(sums, _mm512_set1_ps(m->alpha));
  if (m->bias != NULL) values = _mm512_add_ps(values, _mm512_maskz_loadu_ps(there, m->bias + column));
  if (m->accumulate) values = _mm512_add_ps(values, _mm512_maskz_loadu_ps(there, out));
  if (m->past && columns >= 16) _mm512_stream_ps(out, values);
  else _mm512_mask_storeu_ps(out, there, values);
}

/* Bytes of a group of 16 lines. */
size_t bfloat16_group_bytes(size_t depth, TileFormat format);
size_t int8_group_bytes(size_t depth);

/* See `pack_lines` and `multiply_block`. */
void pack_bfloat16_lines(const Packing *packing, size_t group, size_t groups);
void pack_int8_lines(const Packing *packing, size_t group, size_t groups);
void multiply_bfloat16_block(const Multiplication *multiplication, Range rows, Range columns);
void multiply_int8_block(const Multiplication *multiplication, Range rows, Range columns);

#endif
