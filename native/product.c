/* Products of matrices that are shared among threads: first both operands are packed, then blocks of the result are multiplied. */
#include "product.h"

#include <immintrin.h>

enum {
  far_bytes = 1024 * 1024, /* results above this are not read from the caches again */
  wanted_tasks = 16,       /* of a product, so that threads share it evenly */
};

size_t product_scratch_bytes(size_t rows, size_t columns, size_t inner, size_t batches, int parts) {
  return batches * (packed_bytes(rows, inner, parts) + packed_bytes(columns, inner, parts));
}

typedef struct {
  const Matrix *left, *right;
  float *out;
  float alpha;
  int parts, past;
  uint8_t *scratch;
  size_t left_bytes, right_bytes;
  /* Tasks of packing for one of the batch, the first ones for A. */
  size_t left_tasks, tasks;
  size_t row_panels, column_panels, block_columns, row_blocks, column_blocks;
} Work;

static void pack_task(void *data, size_t index) {
  const Work *work = data;
  const size_t batch = index / work->tasks, task = index % work->tasks;
  uint8_t *scratch = work->scratch + batch * (work->left_bytes + work->right_bytes);
  const int is_left = task < work->left_tasks;
  const Packing packing = is_left ? pack_left(&work->left[batch], work->parts, scratch)
                                  : pack_right(&work->right[batch], work->parts, scratch + work->left_bytes);
  const size_t group = (is_left ? task : task - work->left_tasks) * pack_groups;
  const size_t groups = 2 * (is_left ? work->row_panels : work->column_panels);
  pack_lines(&packing, group, smaller(pack_groups, groups - group));
}

static Range range(size_t index, size_t length, size_t count) {
  return (Range){index * length, smaller((index + 1) * length, count)};
}

static void multiply_task(void *data, size_t index) {
  const Work *work = data;
  const size_t blocks = work->row_blocks * work->column_blocks;
  const size_t batch = index / blocks, row_block = index % blocks / work->column_blocks;
  const Matrix *left = &work->left[batch], *right = &work->right[batch];
  const uint8_t *scratch = work->scratch + batch * (work->left_bytes + work->right_bytes);
  const Multiplication multiplication = {
      .left = scratch,
      .right = scratch + work->left_bytes,
      .out = work->out + batch * left->rows * right->columns,
      .rows = left->rows,
      .columns = right->columns,
      .inner = left->columns,
      .left_depth = left->columns,
      .right_depth = left->columns,
      .stride = right->columns,
      .alpha = work->alpha,
      .parts = work->parts,
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

void product(const Matrix *left, const Matrix *right, float *out, size_t batches, float alpha, int parts,
             void *scratch, Parallel parallel) {
  const size_t rows = left->rows, columns = right->columns, inner = left->columns;
  const size_t row_panels = ceiling(rows, panel_rows), column_panels = ceiling(columns, panel_rows);
  const size_t row_blocks = ceiling(row_panels, block_row_panels);
  const size_t block_columns = ceiling(column_panels, ceiling(wanted_tasks, row_blocks * batches));
  const size_t left_tasks = ceiling(2 * row_panels, pack_groups);
  Work work = {
      .left = left,
      .right = right,
      .out = out,
      .alpha = alpha,
      .parts = parts,
      .past = batches * rows * columns * sizeof(float) > far_bytes && columns % 16 == 0 && (size_t)out % 64 == 0,
      .scratch = scratch,
      .left_bytes = packed_bytes(rows, inner, parts),
      .right_bytes = packed_bytes(columns, inner, parts),
      .left_tasks = left_tasks,
      .tasks = left_tasks + ceiling(2 * column_panels, pack_groups),
      .row_panels = row_panels,
      .column_panels = column_panels,
      .block_columns = block_columns,
      .row_blocks = row_blocks,
      .column_blocks = ceiling(column_panels, block_columns),
  };
  parallel.run(parallel.runner, pack_task, batches * work.tasks, &work);
  parallel.run(parallel.runner, multiply_task, batches * row_blocks * work.column_blocks, &work);
}
