/*
 * Products of numbers of float32 that are rounded to bfloat16, or written as a sum of two or three of them, and added up in float32.
 *
 * Written as parts, a = a₁ + a₂ + a₃ of 8 bits each, a · b is the sum of aᵢ · bⱼ over i + j ≤ parts + 1: one product, three, or six. What is left out is
 * below 2⁻⁸, 2⁻¹⁶ and 2⁻²⁴ of a · b. (Henry, Tang and Heinecke, 2019, "Leveraging the bfloat16 artificial intelligence datatype for
 * higher-precision computations".)
 *
 * For each group of lines and each 32 along the sum, the parts are tiles one after another.
 */
#include "tile-formats.h"

enum {
  tile_depth = 32,        /* numbers in a row of a tile */
  near_bytes = 32 * 1024, /* of a part of B that the inner loop goes over again and again: more parts are multiplied more often than read */
};

/* How many parts a number has. */
static inline int parts_of(TileFormat format) { return (int)format; }

/* Sixteen float32 into the first part of each, 16 bits wide; what is left of the numbers stays in `rest`. */
static inline __m256i take_part(__m512 *rest) {
  const __m256i part = (__m256i)_mm512_cvtneps_pbh(*rest);
  *rest = _mm512_sub_ps(*rest, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(part), 16)));
  return part;
}

size_t bfloat16_group_bytes(size_t depth, TileFormat format) {
  return ceiling(depth, tile_depth) * parts_of(format) * tile_bytes;
}

/* How far ahead lines are asked for: lines of one tile are too far apart for the processor to foresee. */
enum { ahead = 2 * tile_depth };

/* A tile of numbers that lie along the rows of what is stored; its rows are lines. What is beyond the last line or number is zero. */
static inline void read_along(const Packing *packing, size_t line, size_t k, uint8_t *tile) {
  const size_t depth = packing->depth - k;
  const __mmask16 low = first(depth), high = depth > 16 ? first(depth - 16) : 0;
  const float *data = packing->data + line * packing->stride + k;
  for (size_t row = 0; row < tile_rows; row++, data += packing->stride, tile += 64) {
    __m512 left = _mm512_setzero_ps(), right = _mm512_setzero_ps();
    if (line + row < packing->lines) {
      __builtin_prefetch(data + ahead, 0, 2);
      __builtin_prefetch(data + ahead + 16, 0, 2);
      left = _mm512_maskz_loadu_ps(low, data);
      right = _mm512_maskz_loadu_ps(high, data + 16);
    }
    for (int part = 0; part < parts_of(packing->format); part++) {
      const __m256i a = take_part(&left), b = take_part(&right);
      const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
      _mm512_store_si512((__m512i *)(tile + part * tile_bytes), both);
    }
  }
}

/* Tiles of some groups, of numbers that lie across the rows of what is stored; rows of a tile are pairs along the sum. */
static inline void read_across(const Packing *packing, size_t line, size_t groups, size_t k, uint8_t *tile) {
  const size_t depth = packing->depth - k, bytes = bfloat16_group_bytes(packing->depth, packing->format);
  const float *data = packing->data + k * packing->stride + line;
  for (size_t row = 0; row < tile_depth; row += 2, data += 2 * packing->stride, tile += 64) {
    for (size_t group = 0; group < groups; group++) {
      const size_t at = 16 * group;
      const __mmask16 there = line + at < packing->lines ? first(packing->lines - line - at) : 0;
      __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
      __builtin_prefetch(data + ahead * packing->stride + at, 0, 2);
      __builtin_prefetch(data + (ahead + 1) * packing->stride + at, 0, 2);
      if (row < depth) even = _mm512_maskz_loadu_ps(there, data + at);
      if (row + 1 < depth) odd = _mm512_maskz_loadu_ps(there, data + packing->stride + at);
      for (int part = 0; part < parts_of(packing->format); part++) {
        const __m512i a = _mm512_cvtepu16_epi32(take_part(&even)), b = _mm512_cvtepu16_epi32(take_part(&odd));
        const __m512i pairs = _mm512_or_si512(a, _mm512_slli_epi32(b, 16));
        _mm512_store_si512((__m512i *)(tile + group * bytes + part * tile_bytes), pairs);
      }
    }
  }
}

void pack_bfloat16_lines(const Packing *packing, size_t group, size_t groups) {
  const size_t bytes = bfloat16_group_bytes(packing->depth, packing->format), line = group * tile_rows;
  uint8_t *tiles = packing->tiles + group * bytes;
  for (size_t k = 0; k < packing->depth; k += tile_depth, tiles += parts_of(packing->format) * tile_bytes) {
    if (packing->along)
      for (size_t i = 0; i < groups; i++) read_along(packing, line + i * tile_rows, k, tiles + i * bytes);
    else
      read_across(packing, line, groups, k, tiles);
    if (!packing->transpose) continue;
    for (size_t i = 0; i < groups; i++)
      for (int part = 0; part < parts_of(packing->format); part++) transpose_tile(tiles + i * bytes + part * tile_bytes);
  }
}

/* Tiles 0 to 3 += the panel's products: `a` and `b` point to the two lines of tiles of each operand. */
static inline void multiply_parts_1(const uint8_t *a0, const uint8_t *a1, const uint8_t *b0, const uint8_t *b1,
                                    size_t steps) {
  for (size_t step = 0; step < steps; step++) {
    const size_t at = step * tile_bytes;
    LOAD(4, a0 + at);
    LOAD(6, b0 + at);
    LOAD(5, a1 + at);
    LOAD(7, b1 + at);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
  }
}

#define FOUR_PRODUCTS()    \
  _tile_dpbf16ps(0, 4, 6); \
  _tile_dpbf16ps(2, 5, 6); \
  _tile_dpbf16ps(1, 4, 7); \
  _tile_dpbf16ps(3, 5, 7)

/* The small products first, so that they are not lost beside the large. */
static inline void multiply_parts_2(const uint8_t *a0, const uint8_t *a1, const uint8_t *b0, const uint8_t *b1,
                                    size_t steps) {
  for (size_t step = 0; step < steps; step++) {
    const size_t at = step * 2 * tile_bytes, second = at + tile_bytes;
    LOAD(4, a0 + second);
    LOAD(5, a1 + second);
    LOAD(6, b0 + at);
    LOAD(7, b1 + at);
    FOUR_PRODUCTS();
    LOAD(4, a0 + at);
    LOAD(5, a1 + at);
    FOUR_PRODUCTS();
    LOAD(6, b0 + second);
    LOAD(7, b1 + second);
    FOUR_PRODUCTS();
  }
}

static inline void multiply_parts_3(const uint8_t *a0, const uint8_t *a1, const uint8_t *b0, const uint8_t *b1,
                                    size_t steps) {
  for (size_t step = 0; step < steps; step++) {
    const size_t at = step * 3 * tile_bytes, second = at + tile_bytes, third = second + tile_bytes;
    LOAD(4, a0 + third);
    LOAD(5, a1 + third);
    LOAD(6, b0 + at);
    LOAD(7, b1 + at);
    FOUR_PRODUCTS();
    LOAD(4, a0 + second);
    LOAD(5, a1 + second);
    FOUR_PRODUCTS();
    LOAD(6, b0 + second);
    LOAD(7, b1 + second);
    FOUR_PRODUCTS();
    LOAD(4, a0 + at);
    LOAD(5, a1 + at);
    FOUR_PRODUCTS();
    LOAD(6, b0 + third);
    LOAD(7, b1 + third);
    FOUR_PRODUCTS();
    LOAD(6, b0 + at);
    LOAD(7, b1 + at);
    FOUR_PRODUCTS();
  }
}

/* Writes a tile into its place. */
static inline void store(const Multiplication *m, const float *tile, float *out, size_t rows, size_t column) {
  for (size_t row = 0; row < rows && row < tile_rows; row++, out += m->stride)
    store_sums(m, _mm512_load_ps(tile + row * 16), out, column);
}

/* Writes the sums of a panel, four tiles of them, into their place. */
static inline void store_panel(const Multiplication *m, float (*sums)[256], size_t row, size_t column) {
  for (int half = 0; half < 2; half++) {
    const size_t at = row + half * tile_rows;
    if (at >= m->rows) break;
    float *line = m->out + at * m->stride + column;
    store(m, sums[2 * half], line, m->rows - at, column);
    if (column + 16 < m->columns) store(m, sums[2 * half + 1], line + 16, m->rows - at, column + 16);
  }
}

/*
 * The sum is taken in stretches, so that what two lines of B
 * have of one stays in the first cache while the rows of A pass by.
 */
void multiply_bfloat16_block(const Multiplication *m, Range rows, Range columns) {
  _Alignas(64) float sums[block_row_panels * block_column_panels][4][256];
  const size_t all_steps = ceiling(m->inner, tile_depth);
  const size_t left_bytes = bfloat16_group_bytes(m->left_depth, m->format);
  const size_t right_bytes = bfloat16_group_bytes(m->right_depth, m->format);
  const int parts = parts_of(m->format);
  const size_t stretch = near_bytes / (2 * tile_bytes);
  for (size_t step = 0; step < all_steps; step += stretch) {
    const size_t steps = smaller(stretch, all_steps - step), at = step * parts * tile_bytes;
    const int begins = step == 0, ends = step + steps == all_steps;
    float(*panel)[4][256] = sums;
    for (size_t column = columns.begin; column < columns.end; column++) {
      const uint8_t *b0 = m->right + 2 * column * right_bytes + at, *b1 = b0 + right_bytes;
      for (size_t row = rows.begin; row < rows.end; row++, panel++) {
        const uint8_t *a0 = m->left + 2 * row * left_bytes + at, *a1 = a0 + left_bytes;
        if (begins) {
          _tile_zero(0);
          _tile_zero(1);
          _tile_zero(2);
          _tile_zero(3);
        } else {
          LOAD(0, (*panel)[0]);
          LOAD(1, (*panel)[1]);
          LOAD(2, (*panel)[2]);
          LOAD(3, (*panel)[3]);
        }
        if (parts == 1) multiply_parts_1(a0, a1, b0, b1, steps);
        else if (parts == 2) multiply_parts_2(a0, a1, b0, b1, steps);
        else multiply_parts_3(a0, a1, b0, b1, steps);
        /* Sums of a whole stretch need no place of their own. */
        float(*tiles)[256] = begins && ends ? sums[0] : *panel;
        _tile_stored(0, tiles[0], 64);
        _tile_stored(1, tiles[1], 64);
        _tile_stored(2, tiles[2], 64);
        _tile_stored(3, tiles[3], 64);
        if (ends) store_panel(m, tiles, row * panel_rows, column * panel_rows);
      }
    }
  }
}
