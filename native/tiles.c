/*
 * Products of packed matrices by the tile registers of x86 (AMX): y = alpha · A · B, where numbers of float32 are rounded to bfloat16, or written as a sum of
 * two or three of them, and products are added up in float32.
 *
 * Written as parts, a = a₁ + a₂ + a₃ of 8 bits each, a · b is the sum of aᵢ · bⱼ over i + j ≤ parts + 1: one product, three, or six. What is left out is
 * below 2⁻⁸, 2⁻¹⁶ and 2⁻²⁴ of a · b. (Henry, Tang and Heinecke, 2019, "Leveraging the bfloat16 artificial intelligence datatype for
 * higher-precision computations".)
 *
 * A tile of A is 16 rows of 32 numbers along the sum. A tile of B has pairs along the sum side by side: 16 rows of 16 pairs. So either is the
 * other transposed, in units of pairs, and two ways of reading serve all four layouts: along rows, or across them.
 */
#include "tiles.h"
#include "lanes.h"

#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  near_bytes = 32 * 1024, /* of a part of B that the inner loop goes over again and again: more parts are multiplied more often than read */
};

typedef struct {
  uint8_t palette, start_row;
  uint8_t reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} __attribute__((packed)) TileConfiguration;

/* Eight tiles of 16 rows of 64 bytes. Not on the stack: some compilers think that only its first bytes are read. */
static const TileConfiguration all_tiles = {
    .palette = 1,
    .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {tile_rows, tile_rows, tile_rows, tile_rows, tile_rows, tile_rows, tile_rows, tile_rows},
};

void configure_tiles(void) { _tile_loadconfig(&all_tiles); }

void release_tiles(void) { _tile_release(); }

int tiles_unsupported(void) {
  enum { request_permission = 0x1023, tile_data = 18 };
  unsigned a, b, c, d;
  __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
  const int tiles = (d >> 22 & 1) && (d >> 24 & 1);
  const int avx512 = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1) && (c >> 11 & 1);
  __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(1));
  const int bfloat16 = a >> 5 & 1;
  if (!tiles || !avx512 || !bfloat16) return 1;
  /* The system keeps tile registers of a process only for one that asked. */
  return syscall(SYS_arch_prctl, request_permission, tile_data) != 0;
}

/* Sixteen float32 into the first part of each, 16 bits wide; what is left of the numbers stays in `rest`. */
static inline __m256i take_part(__m512 *rest) {
  const __m256i part = (__m256i)_mm512_cvtneps_pbh(*rest);
  *rest = _mm512_sub_ps(*rest, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(part), 16)));
  return part;
}

/* Transposes 16 × 16 units of 32 bits. */
static void transpose_pairs(__m512i rows[16]) {
  __m512i pairs[16];
  for (int i = 0; i < 8; i++) {
    pairs[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
  for (int i = 0; i < 4; i++) {
    rows[4 * i] = _mm512_unpacklo_epi64(pairs[4 * i], pairs[4 * i + 2]);
    rows[4 * i + 1] = _mm512_unpackhi_epi64(pairs[4 * i], pairs[4 * i + 2]);
    rows[4 * i + 2] = _mm512_unpacklo_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
    rows[4 * i + 3] = _mm512_unpackhi_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    pairs[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    pairs[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    pairs[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    pairs[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
  }
  for (int i = 0; i < 8; i++) {
    rows[i] = _mm512_shuffle_i32x4(pairs[i], pairs[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(pairs[i], pairs[i + 8], 0xdd);
  }
}

static inline size_t group_bytes(size_t depth, int parts) { return ceiling(depth, tile_depth) * parts * tile_bytes; }

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
    for (int part = 0; part < packing->parts; part++) {
      const __m256i a = take_part(&left), b = take_part(&right);
      const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
      _mm512_store_si512((__m512i *)(tile + part * tile_bytes), both);
    }
  }
}

/* Tiles of some groups, of numbers that lie across the rows of what is stored; rows of a tile are pairs along the sum. */
static inline void read_across(const Packing *packing, size_t line, size_t groups, size_t k, uint8_t *tile) {
  const size_t depth = packing->depth - k, bytes = group_bytes(packing->depth, packing->parts);
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
      for (int part = 0; part < packing->parts; part++) {
        const __m512i a = _mm512_cvtepu16_epi32(take_part(&even)), b = _mm512_cvtepu16_epi32(take_part(&odd));
        const __m512i pairs = _mm512_or_si512(a, _mm512_slli_epi32(b, 16));
        _mm512_store_si512((__m512i *)(tile + group * bytes + part * tile_bytes), pairs);
      }
    }
  }
}

static void transpose_tile(uint8_t *tile) {
  __m512i rows[16];
  for (int row = 0; row < tile_rows; row++) rows[row] = _mm512_load_si512((__m512i *)tile + row);
  transpose_pairs(rows);
  for (int row = 0; row < tile_rows; row++) _mm512_store_si512((__m512i *)tile + row, rows[row]);
}

void pack_lines(const Packing *packing, size_t group, size_t groups) {
  const size_t bytes = group_bytes(packing->depth, packing->parts), line = group * tile_rows;
  uint8_t *tiles = packing->tiles + group * bytes;
  for (size_t k = 0; k < packing->depth; k += tile_depth, tiles += packing->parts * tile_bytes) {
    if (packing->along)
      for (size_t i = 0; i < groups; i++) read_along(packing, line + i * tile_rows, k, tiles + i * bytes);
    else
      read_across(packing, line, groups, k, tiles);
    if (!packing->transpose) continue;
    for (size_t i = 0; i < groups; i++)
      for (int part = 0; part < packing->parts; part++) transpose_tile(tiles + i * bytes + part * tile_bytes);
  }
}

void pack_all(const Packing *packing) {
  const size_t groups = 2 * ceiling(packing->lines, panel_rows);
  for (size_t group = 0; group < groups; group += pack_groups)
    pack_lines(packing, group, smaller(pack_groups, groups - group));
}

size_t packed_bytes(size_t lines, size_t depth, int parts) {
  return 2 * ceiling(lines, panel_rows) * group_bytes(depth, parts);
}

Packing pack_left(const Matrix *matrix, int parts, uint8_t *tiles) {
  return (Packing){
      .data = matrix->data,
      .stride = matrix->stride,
      .lines = matrix->rows,
      .depth = matrix->columns,
      .along = !matrix->transposed,
      .transpose = matrix->transposed,
      .parts = parts,
      .tiles = tiles,
  };
}

Packing pack_right(const Matrix *matrix, int parts, uint8_t *tiles) {
  return (Packing){
      .data = matrix->data,
      .stride = matrix->stride,
      .lines = matrix->columns,
      .depth = matrix->rows,
      .along = matrix->transposed,
      .transpose = matrix->transposed,
      .parts = parts,
      .tiles = tiles,
  };
}

#define LOAD(tile, place) _tile_loadd(tile, place, 64)

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

/*
 * Writes a tile into its place, past the caches where that is asked for: lines that are written without being read first take a fifth of the
 * time where the result is larger than the caches.
 */
static void store(const Multiplication *m, const float *tile, float *out, size_t rows, size_t columns) {
  const __mmask16 there = first(columns);
  const __m512 scale = _mm512_set1_ps(m->alpha);
  const int streamed = m->past && columns >= 16;
  for (size_t row = 0; row < rows && row < tile_rows; row++, out += m->stride) {
    __m512 values = _mm512_mul_ps(_mm512_load_ps(tile + row * 16), scale);
    if (m->accumulate) values = _mm512_add_ps(values, _mm512_maskz_loadu_ps(there, out));
    if (streamed) _mm512_stream_ps(out, values);
    else _mm512_mask_storeu_ps(out, there, values);
  }
}

/* Writes the sums of a panel, four tiles of them, into their place. */
static inline void store_panel(const Multiplication *m, float (*sums)[256], size_t row, size_t column) {
  for (int half = 0; half < 2; half++) {
    const size_t at = row + half * tile_rows;
    if (at >= m->rows) break;
    float *line = m->out + at * m->stride + column;
    store(m, sums[2 * half], line, m->rows - at, m->columns - column);
    if (column + 16 < m->columns) store(m, sums[2 * half + 1], line + 16, m->rows - at, m->columns - column - 16);
  }
}

/*
 * The sum is taken in stretches, so that what two lines of B
 * have of one stays in the first cache while the rows of A pass by.
 */
void multiply_block(const Multiplication *m, Range rows, Range columns) {
  _Alignas(64) float sums[block_row_panels * block_column_panels][4][256];
  const size_t all_steps = ceiling(m->inner, tile_depth);
  const size_t left_bytes = group_bytes(m->left_depth, m->parts), right_bytes = group_bytes(m->right_depth, m->parts);
  const size_t stretch = near_bytes / (2 * tile_bytes);
  for (size_t step = 0; step < all_steps; step += stretch) {
    const size_t steps = smaller(stretch, all_steps - step), at = step * m->parts * tile_bytes;
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
        if (m->parts == 1) multiply_parts_1(a0, a1, b0, b1, steps);
        else if (m->parts == 2) multiply_parts_2(a0, a1, b0, b1, steps);
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

void multiply_all(const Multiplication *m) {
  const size_t row_panels = ceiling(m->rows, panel_rows), column_panels = ceiling(m->columns, panel_rows);
  for (size_t row = 0; row < row_panels; row += block_row_panels)
    for (size_t column = 0; column < column_panels; column += block_column_panels)
      multiply_block(m, (Range){row, smaller(row + block_row_panels, row_panels)},
                     (Range){column, smaller(column + block_column_panels, column_panels)});
}
