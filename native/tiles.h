#ifndef YUKSU_TILES_H
#define YUKSU_TILES_H

#include <stddef.h>
#include <stdint.h>

enum {
  tile_rows = 16,
  tile_bytes = tile_rows * 64,
  panel_rows = 2 * tile_rows, /* what the inner loop works on at once, each way */
  pack_groups = 4,            /* lines of tiles that are read side by side: 64 numbers of a row */
  block_row_panels = 8,       /* what is worked on near the processor: 256 rows of A, and sums of 256 × 256 */
  block_column_panels = 8,
};

/* What stands for numbers of float32 in tiles: one, two or three of bfloat16 each (`bfloat16-tiles.c`), or three digits of 8 bits (`int8-tiles.c`). */
typedef enum { one_bfloat16 = 1, two_bfloat16, three_bfloat16, three_int8, last_format = three_int8 } TileFormat;

static inline size_t ceiling(size_t value, size_t unit) { return (value + unit - 1) / unit; }
static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* A matrix of `rows` × `columns` float32, whose stored lines are `stride` apart. Where `transposed`, it is stored as columns × rows. */
typedef struct {
  const float *data;
  size_t rows, columns, stride;
  int transposed;
} Matrix;

/* 0 where the processor and the system have what is used here. */
int tiles_unsupported(void);

/* A thread makes its tiles ready before it multiplies, and gives them back. */
void configure_tiles(void);
void release_tiles(void);

/* One operand in tiles, in groups of 16 of its lines, which are rows of A, or columns of B. */
typedef struct {
  const float *data;
  size_t stride, lines, depth;
  int along, transpose;
  TileFormat format;
  uint8_t *tiles;
} Packing;

/* How an operand is packed into `tiles`, which begin at a multiple of 64 and take `packed_bytes` for its lines and depth. */
Packing pack_left(const Matrix *matrix, TileFormat format, uint8_t *tiles);
Packing pack_right(const Matrix *matrix, TileFormat format, uint8_t *tiles);
size_t packed_bytes(size_t lines, size_t depth, TileFormat format);

/* Packs some groups of lines, at most `pack_groups`, or all of them. Lines come in twos of groups: those beyond the last are read as zeros. */
void pack_lines(const Packing *packing, size_t group, size_t groups);
void pack_all(const Packing *packing);

/*
 * out = alpha · A · B of packed operands, or added to what is there, over the first `inner` of the depths that they were packed to. Lines of the
 * result are `stride` apart. `bias`: added to each of them, or null. `past`: write past the caches.
 */
typedef struct {
  const uint8_t *left, *right;
  const float *bias;
  float *out;
  size_t rows, columns, inner, left_depth, right_depth, stride;
  float alpha;
  TileFormat format;
  int past, accumulate;
} Multiplication;

/* A range of panels, `begin` ≤ panel < `end`. */
typedef struct {
  size_t begin, end;
} Range;

/* A block of panels of the result, at most `block_row_panels` × `block_column_panels`, or all of it. */
void multiply_block(const Multiplication *multiplication, Range rows, Range columns);
void multiply_all(const Multiplication *multiplication);

#endif
