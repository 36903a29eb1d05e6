/*
 * Products of matrices that are shared among threads. What is packed must be near when it is multiplied: of one large matrix and a smaller one the smaller
 * is packed first, and whoever works on a part of the other packs that part himself. Where parts would be too large for his cache, or there are many
 * products, both operands are packed first, and then blocks of the result are multiplied.
 */
#include "product.h"

#include <immintrin.h>
#include <stdatomic.h>

enum {
  far_bytes = 1024 * 1024, /* results above this are written past the caches: in training most are read again much later */
  far_bytes_fixed = 8 * 1024 * 1024, /* where weights are fixed nothing is kept for a gradient, and what comes next reads them at once */
  wanted_tasks = 16,       /* of a product, so that threads share it evenly */
  wanted_parts = 8,
  near_part_bytes = 1024 * 1024, /* of a part that stays in the second cache */
  part_places = 8,               /* threads that may hold a part at a time; others wait for one of them */
};

/* A matrix that is cut into parts of panels, and the other, which all of them are multiplied by. */
typedef struct {
  int cuts_left;
  size_t panels, parts, place_bytes, shared_bytes;
} Cut;

/* Whether to cut, and what. A right operand that is packed need not be. */
static int cut_of(size_t rows, size_t columns, size_t inner, size_t batches, TileFormat format, int is_packed, Cut *cut) {
  const size_t row_panels = ceiling(rows, panel_rows), column_panels = ceiling(columns, panel_rows);
  cut->cuts_left = row_panels >= column_panels;
  const size_t all = cut->cuts_left ? row_panels : column_panels;
  cut->panels = smaller(ceiling(all, wanted_parts), cut->cuts_left ? block_row_panels : block_column_panels);
  cut->parts = ceiling(all, cut->panels);
  cut->place_bytes = packed_bytes(cut->panels * panel_rows, inner, format);
  cut->shared_bytes = is_packed ? 0 : packed_bytes(cut->cuts_left ? columns : rows, inner, format);
  return batches == 1 && (cut->cuts_left || !is_packed) && cut->parts >= wanted_parts && cut->place_bytes <= near_part_bytes;
}

size_t product_scratch_bytes(size_t rows, size_t columns, size_t inner, size_t batches, TileFormat format, int is_packed) {
  Cut cut;
  if (cut_of(rows, columns, inner, batches, format, is_packed, &cut)) return cut.shared_bytes + part_places * cut.place_bytes;
  return batches * (packed_bytes(rows, inner, format) + (is_packed ? 0 : packed_bytes(columns, inner, format)));
}

static void pack_some(void *data, size_t index) {
  const Packing *packing = data;
  const size_t group = index * pack_groups, groups = 2 * ceiling(packing->lines, panel_rows);
  pack_lines(packing, group, smaller(pack_groups, groups - group));
}

void pack_on_threads(const Packing *packing, Parallel parallel) {
  parallel.run(parallel.runner, pack_some, ceiling(2 * ceiling(packing->lines, panel_rows), pack_groups), (void *)packing);
}

typedef struct {
  const Matrix *left, *right;
  float *out;
  Scaling scaling;
  TileFormat format;
  int past;
  /* The tiles of the first of the batch, and how far those of the next one are. */
  uint8_t *left_tiles, *right_tiles;
  size_t stride;
  /* Tasks of packing for one of the batch, the first ones for A. */
  size_t left_tasks, tasks;
  size_t row_panels, column_panels, block_columns, row_blocks, column_blocks;
} Work;

static void pack_task(void *data, size_t index) {
  const Work *work = data;
  const size_t batch = index / work->tasks, task = index % work->tasks;
  const int is_left = task < work->left_tasks;
  const Packing packing =
      is_left ? pack_left(&work->left[batch], work->format, work->left_tiles + batch * work->stride)
              : pack_right(&work->right[batch], work->format, work->right_tiles + batch * work->stride);
  pack_some((void *)&packing, is_left ? task : task - work->left_tasks);
}

static Range range(size_t index, size_t length, size_t count) {
  return (Range){index * length, smaller((index + 1) * length, count)};
}

static void multiply_task(void *data, size_t index) {
  const Work *work = data;
  const size_t blocks = work->row_blocks * work->column_blocks;
  const size_t batch = index / blocks, row_block = index % blocks / work->column_blocks;
  const Matrix *left = &work->left[batch], *right = &work->right[batch];
  const Multiplication multiplication = {
      .left = work->left_tiles + batch * work->stride,
      .right = work->right_tiles + batch * work->stride,
      .out = work->out + batch * left->rows * right->columns,
      .rows = left->rows,
      .columns = right->columns,
      .inner = left->columns,
      .left_depth = left->columns,
      .right_depth = left->columns,
      .stride = right->columns,
      .alpha = work->scaling.alpha,
      .bias = work->scaling.bias,
      .format = work->format,
      .past = work->past,
  };
  const Range rows = range(row_block, block_row_panels, work->row_panels);
  const Range all = range(index % work->column_blocks, work->block_columns, work->column_panels);
  configure_tiles();
  for (size_t column = all.begin; column < all.end; column += block_column_panels)
    multiply_block(&multiplication, rows, (Range){column, smaller(column + block_column_panels, all.end)});
  release_tiles();
  /* What was written past the caches is seen by all threads after this. */
  _mm_sfence();
}

typedef struct {
  const Matrix *left, *right;
  const Cut *cut;
  float *out;
  Scaling scaling;
  TileFormat format;
  int past;
  /* The operand that is not cut, and places for parts of the other. */
  const uint8_t *shared;
  uint8_t *places;
  atomic_flag taken[part_places];
} CutWork;

static size_t take_place(CutWork *work) {
  for (size_t place = 0;; place = (place + 1) % part_places)
    if (!atomic_flag_test_and_set(&work->taken[place])) return place;
}

/* The rows of a left operand, or the columns of a right one, from `begin` on. */
static Matrix part_of(const Matrix *matrix, int is_left, size_t begin, size_t length) {
  Matrix part = *matrix;
  const int lines = is_left != matrix->transposed;
  part.data += begin * (lines ? matrix->stride : 1);
  if (is_left) part.rows = smaller(length, matrix->rows - begin);
  else part.columns = smaller(length, matrix->columns - begin);
  return part;
}

static void multiply_part(void *data, size_t index) {
  CutWork *work = data;
  const int is_left = work->cut->cuts_left;
  const size_t length = work->cut->panels * panel_rows, begin = index * length;
  const Matrix part = part_of(is_left ? work->left : work->right, is_left, begin, length);
  const Matrix *left = is_left ? &part : work->left, *right = is_left ? work->right : &part;
  const size_t place = take_place(work), stride = work->right->columns;
  uint8_t *tiles = work->places + place * work->cut->place_bytes;
  const Packing packing = is_left ? pack_left(&part, work->format, tiles) : pack_right(&part, work->format, tiles);
  pack_all(&packing);
  const Multiplication multiplication = {
      .left = is_left ? tiles : work->shared,
      .right = is_left ? work->shared : tiles,
      .out = work->out + (is_left ? begin * stride : begin),
      .rows = left->rows,
      .columns = right->columns,
      .inner = left->columns,
      .left_depth = left->columns,
      .right_depth = left->columns,
      .stride = stride,
      .alpha = work->scaling.alpha,
      .bias = work->scaling.bias == NULL || is_left ? work->scaling.bias : work->scaling.bias + begin,
      .format = work->format,
      .past = work->past,
  };
  configure_tiles();
  multiply_all(&multiplication);
  release_tiles();
  atomic_flag_clear(&work->taken[place]);
  /* What was written past the caches is seen by all threads after this. */
  _mm_sfence();
}

static void product_in_parts(const Matrix *left, const Matrix *right, const uint8_t *packed, const Cut *cut, float *out,
                             Scaling scaling, TileFormat format, int past, uint8_t *scratch, Parallel parallel) {
  if (packed == NULL) {
    const Packing packing = cut->cuts_left ? pack_right(right, format, scratch) : pack_left(left, format, scratch);
    pack_on_threads(&packing, parallel);
  }
  CutWork work = {
      .left = left,
      .right = right,
      .cut = cut,
      .out = out,
      .scaling = scaling,
      .format = format,
      .past = past,
      .shared = packed == NULL ? scratch : packed,
      .places = scratch + cut->shared_bytes,
  };
  for (size_t place = 0; place < part_places; place++) atomic_flag_clear(&work.taken[place]);
  parallel.run(parallel.runner, multiply_part, cut->parts, &work);
}

void product(const Matrix *left, const Matrix *right, const uint8_t *packed, float *out, size_t batches, Scaling scaling,
             TileFormat format, void *scratch, Parallel parallel) {
  const size_t rows = left->rows, columns = right->columns, inner = left->columns;
  const size_t far = packed == NULL ? far_bytes : far_bytes_fixed;
  const int past = batches * rows * columns * sizeof(float) > far && columns % 16 == 0 && (size_t)out % 64 == 0;
  Cut cut;
  if (cut_of(rows, columns, inner, batches, format, packed != NULL, &cut)) {
    product_in_parts(left, right, packed, &cut, out, scaling, format, past, scratch, parallel);
    return;
  }
  const size_t row_panels = ceiling(rows, panel_rows), column_panels = ceiling(columns, panel_rows);
  const size_t row_blocks = ceiling(row_panels, block_row_panels);
  const size_t block_columns = ceiling(column_panels, ceiling(wanted_tasks, row_blocks * batches));
  const size_t left_tasks = ceiling(2 * row_panels, pack_groups);
  const size_t left_bytes = packed_bytes(rows, inner, format);
  Work work = {
      .left = left,
      .right = right,
      .out = out,
      .scaling = scaling,
      .format = format,
      .past = past,
      .left_tiles = scratch,
      .right_tiles = packed == NULL ? (uint8_t *)scratch + left_bytes : (uint8_t *)packed,
      .stride = left_bytes + packed_bytes(columns, inner, format),
      .left_tasks = left_tasks,
      .tasks = left_tasks + (packed == NULL ? ceiling(2 * column_panels, pack_groups) : 0),
      .row_panels = row_panels,
      .column_panels = column_panels,
      .block_columns = block_columns,
      .row_blocks = row_blocks,
      .column_blocks = ceiling(column_panels, block_columns),
  };
  parallel.run(parallel.runner, pack_task, batches * work.tasks, &work);
  parallel.run(parallel.runner, multiply_task, batches * row_blocks * work.column_blocks, &work);
}
