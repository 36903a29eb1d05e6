/*
 * Products of numbers of float32 that are written as whole numbers of 24 bits, in three digits of 8 bits each: a ≈ (2¹⁶ · a₁ + 2⁸ · a₂ + a₃) / s with
 * −128 ≤ aᵢ ≤ 127. The scale s is such that the largest of a line's numbers over one stretch of the sum takes all bits. Products of digits are
 * added up in whole numbers, exactly; a · b is taken as the six with i + j ≤ 4, so what is left out is below 2⁻²² of the largest numbers' product, and as often
 * above zero as below. So it is as exact as float32, which rounds at every addition, where numbers of a line are alike, and less exact where one is much larger than
 * the others of its stretch. (Ootomo, Ozaki and Yokota, 2024, "DGEMM on integer matrix multiplication unit", for float64.)
 *
 * A processor multiplies twice as many numbers of 8 bits as of bfloat16 in the same time, and they take half the memory of three numbers of bfloat16.
 *
 * For each group of lines and each stretch, there are 1/s of the lines, and for each 64 along the sum the digits as tiles one after another, the highest first.
 */
#include "tile-formats.h"

enum {
  digits = 3,
  tile_depth = 64,                       /* numbers in a row of a tile */
  stretch_steps = 8,                    /* tiles along the sum with scales of their own */
  stretch_depth = stretch_steps * tile_depth,
  scale_bytes = 64,
  step_bytes = digits * tile_bytes,
  stretch_bytes = scale_bytes + stretch_steps * step_bytes,
};

/* The largest whole number, a little below 127 · 2¹⁶ + 127 · 2⁸ + 127, so that rounding does not pass it. */
static const float largest_whole = 8355700;

/* Below this, a line's numbers are nearly nothing, and their scale would not be a number. */
static const float least_largest = 1e-30f;

static inline size_t stretches_of(size_t depth) { return ceiling(depth, stretch_depth); }

size_t int8_group_bytes(size_t depth) { return stretches_of(depth) * scale_bytes + ceiling(depth, tile_depth) * step_bytes; }

static inline __m512i magnitude(__m512 x) {
  return _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
}

/* The factors that make whole numbers of lines, from the bits of their largest magnitudes, which are greater than any other's where one is no number. */
static inline __m512 factors_of(__m512i largest) {
  const __m512 value = _mm512_max_ps(_mm512_castsi512_ps(largest), _mm512_set1_ps(least_largest));
  return _mm512_div_ps(_mm512_set1_ps(largest_whole), value);
}

/* What sums of the line's products are multiplied by: NaN where one of its numbers is infinite or none, so that it stays visible. */
static inline __m512 scales_of(__m512i largest) {
  const __mmask16 broken = _mm512_cmpge_epu32_mask(largest, _mm512_set1_epi32(0x7f800000));
  const __m512 scales = _mm512_div_ps(_mm512_set1_ps(256), factors_of(largest));
  return _mm512_mask_blend_ps(broken, scales, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc00000)));
}

/* Sixteen whole numbers whose bytes are their digits, the lowest first: a bias makes them unsigned, and comes off byte by byte. */
static inline __m512i digits_of(__m512 x, __m512 factor) {
  const __m512i bias = _mm512_set1_epi32(0x808080);
  return _mm512_xor_si512(_mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(x, factor)), bias), bias);
}

/*
 * Four vectors of digits into three, one of each digit, with four numbers in each unit of 32 bits: that of a tile's unit i are the numbers i, 16 + i, 32 + i and
 * 48 + i of 64. Any order along the sum will do where both operands have it, and this one takes no exchange between lanes.
 */
static inline void store_digits(const __m512i numbers[4], uint8_t *tile) {
  const __m512i even = _mm512_set1_epi32(0x00ff00ff), low = _mm512_set1_epi32(0x0000ffff);
  enum { choose = 0xca }; /* of two operands, bit by bit, by a mask */
  __m512i outer[2], inner[2];
  for (int half = 0; half < 2; half++) {
    const __m512i a = numbers[2 * half], b = numbers[2 * half + 1];
    outer[half] = _mm512_ternarylogic_epi32(even, a, _mm512_slli_epi32(b, 8), choose);
    inner[half] = _mm512_ternarylogic_epi32(even, _mm512_srli_epi32(a, 8), b, choose);
  }
  const __m512i highest = _mm512_ternarylogic_epi32(low, _mm512_srli_epi32(outer[0], 16), outer[1], choose);
  const __m512i middle = _mm512_ternarylogic_epi32(low, inner[0], _mm512_slli_epi32(inner[1], 16), choose);
  const __m512i lowest = _mm512_ternarylogic_epi32(low, outer[0], _mm512_slli_epi32(outer[1], 16), choose);
  _mm512_store_si512((__m512i *)tile, highest);
  _mm512_store_si512((__m512i *)(tile + tile_bytes), middle);
  _mm512_store_si512((__m512i *)(tile + 2 * tile_bytes), lowest);
}

/* How far ahead lines are asked for: they are too far apart for the processor to foresee. */
enum { ahead = 64, rows_ahead = 4 };

/* The largest magnitudes of a group's lines over `depth` numbers from `k` on, where numbers of a line lie side by side. */
static __m512i largest_along(const Packing *packing, size_t line, size_t k, size_t depth) {
  _Alignas(64) uint32_t all[tile_rows] = {0};
  for (size_t row = 0; row < tile_rows && line + row < packing->lines; row++) {
    const float *data = packing->data + (line + row) * packing->stride + k;
    __m512i largest[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (size_t at = 0; at < depth; at += 32) {
      __builtin_prefetch(data + rows_ahead * packing->stride + at, 0, 2);
      __builtin_prefetch(data + rows_ahead * packing->stride + at + 16, 0, 2);
      const __mmask16 here = first(depth - at), next = depth - at > 16 ? first(depth - at - 16) : 0;
      largest[0] = _mm512_max_epu32(largest[0], magnitude(_mm512_maskz_loadu_ps(here, data + at)));
      largest[1] = _mm512_max_epu32(largest[1], magnitude(_mm512_maskz_loadu_ps(next, data + at + 16)));
    }
    all[row] = _mm512_reduce_max_epu32(_mm512_max_epu32(largest[0], largest[1]));
  }
  return _mm512_load_si512(all);
}

static inline __m512i digits_at(const float *data, size_t depth, __m512 factor) {
  return digits_of(_mm512_maskz_loadu_ps(first(depth), data), factor);
}

/* A step of a group's lines whose numbers lie side by side; rows of its tiles are lines. */
static void read_along(const Packing *packing, size_t line, size_t k, const float *factors, uint8_t *tile) {
  const size_t depth = packing->depth - k;
  for (size_t row = 0; row < tile_rows; row++, tile += 64) {
    __m512i numbers[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    if (line + row < packing->lines) {
      const float *data = packing->data + (line + row) * packing->stride + k;
      const __m512 factor = _mm512_set1_ps(factors[row]);
      for (size_t quarter = 0; quarter < 4; quarter++)
        numbers[quarter] = digits_at(data + quarter * 16, depth > quarter * 16 ? depth - quarter * 16 : 0, factor);
    }
    store_digits(numbers, tile);
  }
}

/* Those of some groups, where numbers of a line lie apart and lines side by side. */
static void largest_across(const Packing *packing, size_t line, size_t groups, size_t k, size_t depth, __m512i *largest) {
  __mmask16 there[pack_groups];
  for (size_t group = 0; group < groups; group++) {
    const size_t at = line + 16 * group;
    there[group] = at < packing->lines ? first(packing->lines - at) : 0;
    largest[group] = _mm512_setzero_si512();
  }
  const float *data = packing->data + k * packing->stride + line;
  for (size_t row = 0; row < depth; row++, data += packing->stride)
    for (size_t group = 0; group < groups; group++) {
      __builtin_prefetch(data + ahead * packing->stride + 16 * group, 0, 2);
      largest[group] = _mm512_max_epu32(largest[group], magnitude(_mm512_maskz_loadu_ps(there[group], data + 16 * group)));
    }
}

/* A step of some groups of lines that lie side by side; rows of their tiles are units of four numbers along the sum. */
static void read_across(const Packing *packing, size_t line, size_t groups, size_t k, const __m512 *factors, size_t bytes,
                        uint8_t *tile) {
  const size_t depth = packing->depth - k;
  const float *data = packing->data + k * packing->stride + line;
  for (size_t row = 0; row < tile_rows; row++, data += packing->stride, tile += 64)
    for (size_t group = 0; group < groups; group++) {
      const size_t at = 16 * group;
      const __mmask16 there = line + at < packing->lines ? first(packing->lines - line - at) : 0;
      __m512i numbers[4];
      for (size_t quarter = 0; quarter < 4; quarter++) {
        const size_t further = 16 * quarter;
        const __mmask16 mask = row + further < depth ? there : 0;
        numbers[quarter] = digits_of(_mm512_maskz_loadu_ps(mask, data + further * packing->stride + at), factors[group]);
      }
      store_digits(numbers, tile + group * bytes);
    }
}

void pack_int8_lines(const Packing *packing, size_t group, size_t groups) {
  const size_t bytes = int8_group_bytes(packing->depth), line = group * tile_rows;
  uint8_t *tiles = packing->tiles + group * bytes;
  for (size_t k = 0; k < packing->depth; k += stretch_depth) {
    const size_t depth = smaller(stretch_depth, packing->depth - k);
    __m512i largest[pack_groups];
    __m512 factors[pack_groups];
    if (packing->along)
      for (size_t i = 0; i < groups; i++) largest[i] = largest_along(packing, line + i * tile_rows, k, depth);
    else
      largest_across(packing, line, groups, k, depth, largest);
    for (size_t i = 0; i < groups; i++) {
      factors[i] = factors_of(largest[i]);
      _mm512_store_ps((float *)(tiles + i * bytes), scales_of(largest[i]));
    }
    tiles += scale_bytes;
    for (size_t at = 0; at < depth; at += tile_depth, tiles += step_bytes) {
      if (packing->along)
        for (size_t i = 0; i < groups; i++)
          read_along(packing, line + i * tile_rows, k + at, (const float *)&factors[i], tiles + i * bytes);
      else
        read_across(packing, line, groups, k + at, factors, bytes, tiles);
      if (!packing->transpose) continue;
      for (size_t i = 0; i < groups; i++)
        for (int digit = 0; digit < digits; digit++) transpose_tile(tiles + i * bytes + digit * tile_bytes);
    }
  }
}

/* Sums of products whose digits together have the same weight, of a panel: [weight, highest first][four tiles]. */
typedef int32_t Levels[digits][4 * 256];

/* A panel whose products are added up, and which is yet to be written. */
typedef struct {
  const int32_t (*levels)[4 * 256];
  const float *left_scales[2], *right_scales[2];
  size_t row, column, done;
  /* What stretches before came to, and where this one is added to; the last one is written into the result. */
  float *sums;
  int begins, ends;
  /* Whether all its lines are there, and nothing else is added to them. */
  int whole;
} Finished;

/* Sixteen sums of a panel's stretch, which are those of all where it `begins`. */
static inline __attribute__((always_inline)) __m512 stretch_sums(const Finished *panel, size_t at, __m512 left, const float *right,
                                                                 int begins) {
  __m512 sum = _mm512_cvtepi32_ps(_mm512_load_si512(panel->levels[0] + at));
  for (int level = 1; level < digits; level++)
    sum = _mm512_fmadd_ps(sum, _mm512_set1_ps(256), _mm512_cvtepi32_ps(_mm512_load_si512(panel->levels[level] + at)));
  sum = _mm512_mul_ps(_mm512_mul_ps(sum, left), _mm512_load_ps(right));
  return begins ? sum : _mm512_add_ps(sum, _mm512_load_ps(panel->sums + at));
}

/* How a line of a panel is written. */
typedef enum { into_sums, into_result, past_caches, by_parts } Destination;

/* Writes lines of a panel, both halves of each. Known to the compiler: what differs from panel to panel, and not from line to line. */
static inline __attribute__((always_inline)) void finish_lines(const Multiplication *m, const Finished *panel, size_t begin,
                                                               size_t end, Destination destination, int begins) {
  for (size_t line = begin; line < end; line++) {
    const size_t half = line / tile_rows, within = line % tile_rows, at = half * 512 + within * 16, row = panel->row + line;
    const __m512 left = _mm512_set1_ps(panel->left_scales[half][within]);
    float *out = m->out + row * m->stride + panel->column;
    for (size_t side = 0; side < 2; side++) {
      const size_t place = at + 256 * side;
      const __m512 sums = stretch_sums(panel, place, left, panel->right_scales[side], begins);
      if (destination == into_sums) _mm512_store_ps(panel->sums + place, sums);
      else if (destination == by_parts) {
        const size_t column = panel->column + 16 * side;
        if (row < m->rows && column < m->columns) store_sums(m, sums, out + 16 * side, column);
      } else {
        const __m512 values = _mm512_mul_ps(sums, _mm512_set1_ps(m->alpha));
        if (destination == past_caches) _mm512_stream_ps(out + 16 * side, values);
        else _mm512_storeu_ps(out + 16 * side, values);
      }
    }
  }
}

/* Writes some of the lines of a panel. It is done between products of the next one, which leave the other units of the processor idle. */
static inline void finish(const Multiplication *m, Finished *panel, size_t count) {
  const size_t begin = panel->done, end = smaller(begin + count, panel_rows);
  panel->done = end;
  if (!panel->ends) {
    if (panel->begins) finish_lines(m, panel, begin, end, into_sums, 1);
    else finish_lines(m, panel, begin, end, into_sums, 0);
  } else if (!panel->whole) {
    if (panel->begins) finish_lines(m, panel, begin, end, by_parts, 1);
    else finish_lines(m, panel, begin, end, by_parts, 0);
  } else if (m->past) {
    if (panel->begins) finish_lines(m, panel, begin, end, past_caches, 1);
    else finish_lines(m, panel, begin, end, past_caches, 0);
  } else {
    if (panel->begins) finish_lines(m, panel, begin, end, into_result, 1);
    else finish_lines(m, panel, begin, end, into_result, 0);
  }
}

/* Tiles 0 to 3 += the panel's products of one digit of A and one of B. */
#define MULTIPLY(a, b)     \
  LOAD(4, a0 + (a));       \
  LOAD(6, b0 + (b));       \
  LOAD(5, a1 + (a));       \
  LOAD(7, b1 + (b));       \
  _tile_dpbssd(0, 4, 6);   \
  _tile_dpbssd(2, 5, 6);   \
  _tile_dpbssd(1, 4, 7);   \
  _tile_dpbssd(3, 5, 7)

static inline void zero_tiles(void) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

static inline void store_tiles(int32_t *level) {
  _tile_stored(0, level, 64);
  _tile_stored(1, level + 256, 64);
  _tile_stored(2, level + 512, 64);
  _tile_stored(3, level + 768, 64);
}

/*
 * All products of a panel over one stretch, from the lowest weight on. While those of the lowest are added up what came before is written, all of it, so that
 * `levels` may be where that lies.
 */
static void multiply_panel(const Multiplication *m, const uint8_t *a0, const uint8_t *a1, const uint8_t *b0, const uint8_t *b1,
                           size_t steps, int32_t (*levels)[4 * 256], Finished *before) {
  enum { highest = 0, middle = tile_bytes, lowest = 2 * tile_bytes };
  const size_t share = ceiling(panel_rows, 3 * steps), bytes = steps * step_bytes;
  zero_tiles();
  for (size_t at = 0; at < bytes; at += step_bytes) {
    MULTIPLY(at + lowest, at + highest);
    finish(m, before, share);
    MULTIPLY(at + middle, at + middle);
    finish(m, before, share);
    MULTIPLY(at + highest, at + lowest);
    finish(m, before, share);
  }
  store_tiles(levels[2]);
  zero_tiles();
  /* Backwards: what was read last is still in the first cache. */
  for (size_t at = bytes; at > 0;) {
    at -= step_bytes;
    MULTIPLY(at + middle, at + highest);
    MULTIPLY(at + highest, at + middle);
  }
  store_tiles(levels[1]);
  zero_tiles();
  for (size_t at = 0; at < bytes; at += step_bytes) {
    MULTIPLY(at + highest, at + highest);
  }
  store_tiles(levels[0]);
}

void multiply_int8_block(const Multiplication *m, Range rows, Range columns) {
  _Alignas(64) Levels levels;
  _Alignas(64) float sums[block_row_panels * block_column_panels][4 * 256];
  const size_t all_steps = ceiling(m->inner, tile_depth);
  const size_t left_bytes = int8_group_bytes(m->left_depth), right_bytes = int8_group_bytes(m->right_depth);
  Finished before = {.done = panel_rows};
  for (size_t step = 0, at = 0; step < all_steps; step += stretch_steps, at += stretch_bytes) {
    const size_t steps = smaller(stretch_steps, all_steps - step);
    size_t panel = 0;
    for (size_t column = columns.begin; column < columns.end; column++) {
      const uint8_t *b0 = m->right + 2 * column * right_bytes + at, *b1 = b0 + right_bytes;
      for (size_t row = rows.begin; row < rows.end; row++, panel++) {
        const uint8_t *a0 = m->left + 2 * row * left_bytes + at, *a1 = a0 + left_bytes;
        multiply_panel(m, a0 + scale_bytes, a1 + scale_bytes, b0 + scale_bytes, b1 + scale_bytes, steps, levels, &before);
        before = (Finished){
            .levels = (const int32_t(*)[4 * 256])levels,
            .left_scales = {(const float *)a0, (const float *)a1},
            .right_scales = {(const float *)b0, (const float *)b1},
            .row = row * panel_rows,
            .column = column * panel_rows,
            .sums = sums[panel],
            .begins = step == 0,
            .ends = step + steps == all_steps,
            .whole = m->bias == NULL && !m->accumulate && (row + 1) * panel_rows <= m->rows &&
                     (column + 1) * panel_rows <= m->columns,
        };
      }
    }
    /* The next stretch adds to the sums of this one's last panel as soon as the first of all. */
    if (step + steps < all_steps) finish(m, &before, panel_rows);
  }
  finish(m, &before, panel_rows);
}
