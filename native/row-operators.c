/*
 * Sums over rows:
 *
 *   SumRows(x) → Σ over all axes but the last
 *   AddToRows(values, indices) → `rows` rows of zeros, each slice of the values added to the row at its index
 *   AddRowsTo(base, values, indices) → the rows of `base`, each slice added likewise; in place where that is possible
 *   AddToPlaces(base, indices, values, before) → `base` with one value added to each of its rows, at its index; in place where nothing else reads it after
 *     `before`, which is not looked at
 *
 * In chunks and ranges that do not depend on the threads, so that neither do the sums.
 */
#include "lanes.h"
#include "operators.h"
#include "tiles.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  const float *x;
  float *sums;
  size_t rows, width, chunk;
} Sum;

enum { least_rows = 32, most_chunks = 64, row_ranges = 32 };

static void add(float *sums, const float *row, size_t width) {
  for (size_t at = 0; at < width; at += 16) {
    const __mmask16 there = first(width - at);
    const __m512 sum = _mm512_maskz_loadu_ps(there, sums + at);
    _mm512_mask_storeu_ps(sums + at, there, _mm512_add_ps(sum, _mm512_maskz_loadu_ps(there, row + at)));
  }
}

static void sum_chunk(void *data, size_t index) {
  const Sum *of = data;
  float *sums = of->sums + index * of->width;
  memset(sums, 0, of->width * sizeof *sums);
  const size_t end = smaller((index + 1) * of->chunk, of->rows);
  for (size_t row = index * of->chunk; row < end; row++) add(sums, of->x + row * of->width, of->width);
}

static OrtStatus *sum_rows(void *data, OrtKernelContext *context) {
  const OrtApi *api = data;
  Operand x;
  float *out;
  TRY(read_operand(api, context, 0, &x));
  if (x.rank == 0) return failure(api, "SumRows: rows are expected");
  Sum of = {x.data, NULL, 1, x.sizes[x.rank - 1], 0};
  for (size_t axis = 0; axis + 1 < x.rank; axis++) of.rows *= x.sizes[axis];
  const int64_t width = of.width;
  TRY(make_result(api, context, 0, &width, 1, &out));
  of.chunk = ceiling(of.rows, most_chunks);
  if (of.chunk < least_rows) of.chunk = least_rows;
  const size_t chunks = ceiling(of.rows, of.chunk);
  of.sums = malloc((chunks * of.width + 1) * sizeof *of.sums);
  if (of.sums == NULL) return failure(api, "no memory for the sums of rows");
  const Runner runner = {api, context};
  run_tasks(&runner, sum_chunk, chunks, &of);
  memset(out, 0, of.width * sizeof *out);
  for (size_t chunk = 0; chunk < chunks; chunk++) add(out, of.sums + chunk * of.width, of.width);
  free(of.sums);
  return NULL;
}

typedef struct {
  const OrtApi *api;
  int64_t rows;
} AddToRows;

typedef struct {
  const float *base, *values;
  const int64_t *indices;
  float *out;
  size_t rows, count, width;
} Addition;

/* A range of rows, to which all slices that belong there are added in their order. */
static void add_range(void *data, size_t index) {
  const Addition *of = data;
  const size_t begin = of->rows * index / row_ranges, end = of->rows * (index + 1) / row_ranges;
  const size_t at = begin * of->width, bytes = (end - begin) * of->width * sizeof *of->out;
  if (of->base == NULL) memset(of->out + at, 0, bytes);
  else if (of->base != of->out) memcpy(of->out + at, of->base + at, bytes);
  for (size_t slice = 0; slice < of->count; slice++) {
    const int64_t given = of->indices[slice];
    const size_t row = given < 0 ? of->rows + given : (size_t)given;
    if (row >= begin && row < end) add(of->out + row * of->width, of->values + slice * of->width, of->width);
  }
}

static OrtStatus *create_add(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out) {
  (void)self;
  AddToRows *kept = malloc(sizeof *kept);
  if (kept == NULL) return failure(api, "no memory for AddToRows");
  kept->api = api;
  OrtStatus *status = CALL(api, attribute_integer)(info, "rows", &kept->rows);
  if (status != NULL) free(kept);
  else *out = kept;
  return status;
}

/* Adds to rows of zeros, or to those of `base`. */
static OrtStatus *add_slices(const OrtApi *api, OrtKernelContext *context, size_t rows, const Operand *base, size_t first_operand) {
  Operand values, indices;
  TRY(read_operand(api, context, first_operand, &values));
  TRY(read_operand(api, context, first_operand + 1, &indices));
  if (values.rank == 0 || indices.rank != 1 || values.sizes[0] != indices.sizes[0])
    return failure(api, "one index for each slice that is added to rows is expected");
  Addition of = {base == NULL ? NULL : base->data, values.data, (const int64_t *)indices.data, NULL, rows, indices.sizes[0], 1};
  for (size_t axis = 1; axis < values.rank; axis++) of.width *= values.sizes[axis];
  for (size_t slice = 0; slice < of.count; slice++)
    if (of.indices[slice] >= (int64_t)rows || of.indices[slice] < -(int64_t)rows)
      return failure(api, "an index of rows to add to lies outside them");
  values.sizes[0] = rows;
  TRY(make_result(api, context, 0, values.sizes, values.rank, &of.out));
  const Runner runner = {api, context};
  run_tasks(&runner, add_range, row_ranges, &of);
  return NULL;
}

static OrtStatus *add_to_rows(void *data, OrtKernelContext *context) {
  const AddToRows *kept = data;
  return add_slices(kept->api, context, kept->rows, NULL, 0);
}

static OrtStatus *add_rows_to(void *data, OrtKernelContext *context) {
  const OrtApi *api = data;
  Operand base, values;
  TRY(read_operand(api, context, 0, &base));
  TRY(read_operand(api, context, 1, &values));
  int alike = base.rank == values.rank && base.rank > 0;
  for (size_t axis = 1; alike && axis < base.rank; axis++) alike = base.sizes[axis] == values.sizes[axis];
  if (!alike) return failure(api, "AddRowsTo: slices as wide as the rows are expected");
  return add_slices(api, context, base.sizes[0], &base, 1);
}

typedef struct {
  const float *base, *values;
  const int64_t *indices;
  float *out;
  size_t rows, width, chunk;
} Places;

static void add_to_row_places(void *data, size_t index) {
  const Places *of = data;
  const size_t begin = index * of->chunk, end = smaller(begin + of->chunk, of->rows);
  if (of->base != of->out)
    memcpy(of->out + begin * of->width, of->base + begin * of->width, (end - begin) * of->width * sizeof *of->out);
  for (size_t row = begin; row < end; row++) {
    const int64_t given = of->indices[row];
    of->out[row * of->width + (given < 0 ? of->width + given : (size_t)given)] += of->values[row];
  }
}

static OrtStatus *add_to_places(void *data, OrtKernelContext *context) {
  const OrtApi *api = data;
  Operand base, indices, values;
  TRY(read_operand(api, context, 0, &base));
  TRY(read_operand(api, context, 1, &indices));
  TRY(read_operand(api, context, 2, &values));
  int alike = base.rank > 0 && indices.rank == base.rank && values.rank == base.rank;
  for (size_t axis = 0; alike && axis < base.rank; axis++) {
    const int64_t wanted = axis + 1 < base.rank ? base.sizes[axis] : 1;
    alike = indices.sizes[axis] == wanted && values.sizes[axis] == wanted;
  }
  if (!alike) return failure(api, "AddToPlaces: one index and one value for each row are expected");
  Places of = {base.data, values.data, (const int64_t *)indices.data, NULL, 1, base.sizes[base.rank - 1], 0};
  for (size_t axis = 0; axis + 1 < base.rank; axis++) of.rows *= base.sizes[axis];
  for (size_t row = 0; row < of.rows; row++)
    if (of.indices[row] >= (int64_t)of.width || of.indices[row] < -(int64_t)of.width)
      return failure(api, "AddToPlaces: an index lies outside its row");
  TRY(make_result(api, context, 0, base.sizes, base.rank, &of.out));
  of.chunk = ceiling(of.rows, most_chunks);
  if (of.rows == 0) return NULL;
  const Runner runner = {api, context};
  run_tasks(&runner, add_to_row_places, ceiling(of.rows, of.chunk), &of);
  return NULL;
}

Operator sum_rows_operator = {
    .interface = {.create_kernel_2 = stateless, .compute_2 = sum_rows, .destroy = keep},
    .name = "SumRows",
    .inputs = 1,
    .outputs = 1,
};
Operator add_to_rows_operator = {
    .interface = {.create_kernel_2 = create_add, .compute_2 = add_to_rows, .destroy = free},
    .name = "AddToRows",
    .inputs = 2,
    .outputs = 1,
    .integers = 1 << 1,
};
Operator add_rows_to_operator = {
    .interface = {.create_kernel_2 = stateless, .compute_2 = add_rows_to, .destroy = keep},
    .name = "AddRowsTo",
    .inputs = 3,
    .outputs = 1,
    .integers = 1 << 2,
    .in_place = 1,
};
Operator add_to_places_operator = {
    .interface = {.create_kernel_2 = stateless, .compute_2 = add_to_places, .destroy = keep},
    .name = "AddToPlaces",
    .inputs = 4,
    .outputs = 1,
    .integers = 1 << 1,
    .in_place = 1,
};
