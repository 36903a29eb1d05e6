/*
 * Products of packed matrices by the tile registers of x86 (AMX): y = alpha · A · B. What stands for numbers of float32 in a tile, and how tiles are
 * multiplied, is each format's own; here is what they have in common.
 *
 * A tile of A is 16 rows of numbers along the sum, 64 bytes of each. A tile of B has units of 32 bits along the sum side by side: 16 rows of 16 units. So
 * either is the other transposed, in such units, and two ways of reading serve all four layouts: along rows, or across them.
 */
#include "tile-formats.h"

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

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
  const int tiles = (d >> 22 & 1) && (d >> 24 & 1) && (d >> 25 & 1);
  const int avx512 = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1) && (c >> 11 & 1);
  __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(1));
  const int bfloat16 = a >> 5 & 1;
  if (!tiles || !avx512 || !bfloat16) return 1;
  /* The system keeps tile registers of a process only for one that asked. */
  return syscall(SYS_arch_prctl, request_permission, tile_data) != 0;
}

/* Transposes 16 × 16 units of 32 bits. */
static void transpose_units(__m512i rows[16]) {
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

void transpose_tile(uint8_t *tile) {
  __m512i rows[16];
  for (int row = 0; row < tile_rows; row++) rows[row] = _mm512_load_si512((__m512i *)tile + row);
  transpose_units(rows);
  for (int row = 0; row < tile_rows; row++) _mm512_store_si512((__m512i *)tile + row, rows[row]);
}

static size_t group_bytes(size_t depth, TileFormat format) {
  return format == three_int8 ? int8_group_bytes(depth) : bfloat16_group_bytes(depth, format);
}

void pack_lines(const Packing *packing, size_t group, size_t groups) {
  if (packing->format == three_int8) pack_int8_lines(packing, group, groups);
  else pack_bfloat16_lines(packing, group, groups);
}

void pack_all(const Packing *packing) {
  const size_t groups = 2 * ceiling(packing->lines, panel_rows);
  for (size_t group = 0; group < groups; group += pack_groups)
    pack_lines(packing, group, smaller(pack_groups, groups - group));
}

size_t packed_bytes(size_t lines, size_t depth, TileFormat format) {
  return 2 * ceiling(lines, panel_rows) * group_bytes(depth, format);
}

Packing pack_left(const Matrix *matrix, TileFormat format, uint8_t *tiles) {
  return (Packing){
      .data = matrix->data,
      .stride = matrix->stride,
      .lines = matrix->rows,
      .depth = matrix->columns,
      .along = !matrix->transposed,
      .transpose = matrix->transposed,
      .format = format,
      .tiles = tiles,
  };
}

Packing pack_right(const Matrix *matrix, TileFormat format, uint8_t *tiles) {
  return (Packing){
      .data = matrix->data,
      .stride = matrix->stride,
      .lines = matrix->columns,
      .depth = matrix->rows,
      .along = matrix->transposed,
      .transpose = matrix->transposed,
      .format = format,
      .tiles = tiles,
  };
}

void multiply_block(const Multiplication *multiplication, Range rows, Range columns) {
  if (multiplication->format == three_int8) multiply_int8_block(multiplication, rows, columns);
  else multiply_bfloat16_block(multiplication, rows, columns);
}

void multiply_all(const Multiplication *m) {
  const size_t row_panels = ceiling(m->rows, panel_rows), column_panels = ceiling(m->columns, panel_rows);
  for (size_t row = 0; row < row_panels; row += block_row_panels)
    for (size_t column = 0; column < column_panels; column += block_column_panels)
      multiply_block(m, (Range){row, smaller(row + block_row_panels, row_panels)},
                     (Range){column, smaller(column + block_column_panels, column_panels)});
}
