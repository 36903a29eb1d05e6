#include "few-rows.h"
#include "operators.h"
#include "product.h"

#include <stdlib.h>

/*
 * Product(A, B) → alpha · A · B, and BiasedProduct(A, B, bias) → alpha · A · B + bias, over the last two axes, either transposed; axes before them are equal, or one operand has none, or size 1. `format`
 * is what stands for numbers of float32, a `TileFormat`. Where B is `fixed`, its numbers are the same in every run, and it is packed once.
 */
typedef struct {
  const OrtApi *api;
  OrtAllocator *allocator;
  float alpha;
  int64_t transpose_left, transpose_right, format, fixed;
  /* A fixed B in tiles, and where its numbers lay. */
  uint8_t *packed;
  const float *packed_from;
} ProductKernel;

static OrtStatus *create_product(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out) {
  (void)self;
  ProductKernel *kernel = calloc(1, sizeof *kernel);
  if (kernel == NULL) return failure(api, "no memory for an operator");
  *out = kernel;
  kernel->api = api;
  TRY(CALL(api, kernel_allocator)(info, 0, &kernel->allocator));
  TRY(CALL(api, attribute_float)(info, "alpha", &kernel->alpha));
  TRY(CALL(api, attribute_integer)(info, "transA", &kernel->transpose_left));
  TRY(CALL(api, attribute_integer)(info, "transB", &kernel->transpose_right));
  TRY(CALL(api, attribute_integer)(info, "format", &kernel->format));
  TRY(CALL(api, attribute_integer)(info, "fixed", &kernel->fixed));
  if (kernel->format < one_bfloat16 || kernel->format > last_format) return failure(api, "this format of tiles is not known");
  return NULL;
}

static void destroy_product(void *data) {
  ProductKernel *kernel = data;
  CALL(kernel->api, release_allocator)(kernel->allocator);
  free(kernel->packed);
  free(kernel);
}

/* A fixed B in tiles, packed where it is new or lies elsewhere now; null where it is not fixed or there is no memory to keep it. */
static const uint8_t *packed_once(ProductKernel *kernel, const Matrix *right, Parallel parallel) {
  if (!kernel->fixed) return NULL;
  if (kernel->packed != NULL && kernel->packed_from == right->data) return kernel->packed;
  free(kernel->packed);
  const size_t bytes = packed_bytes(right->columns, right->rows, (TileFormat)kernel->format);
  kernel->packed = aligned_alloc(64, ceiling(bytes, 64) * 64);
  if (kernel->packed == NULL) return NULL;
  kernel->packed_from = right->data;
  const Packing packing = pack_right(right, kernel->format, kernel->packed);
  pack_on_threads(&packing, parallel);
  return kernel->packed;
}

/* The last two axes of an operand, as they are multiplied. */
static Matrix last_axes(const Operand *operand, int64_t transposed) {
  const size_t rows = operand->sizes[operand->rank - 2], columns = operand->sizes[operand->rank - 1];
  return (Matrix){operand->data, transposed ? columns : rows, transposed ? rows : columns, columns, transposed != 0};
}

/* Gives each matrix of the batch its place; an axis of one is gone over again. `axis` counts the axes of the result before the last two. */
static void place(const Operand *operand, const Matrix *matrix, const int64_t *sizes, size_t rank, size_t count,
                  Matrix *matrices) {
  for (size_t index = 0; index < count; index++) {
    size_t rest = index, offset = 0, stride = matrix->rows * matrix->columns;
    for (size_t axis = rank; axis-- > 0;) {
      const size_t at = rest % sizes[axis];
      rest /= sizes[axis];
      if (axis + operand->rank < rank + 2) continue;
      const size_t own = operand->sizes[axis + operand->rank - rank - 2];
      if (own != 1) offset += at * stride;
      stride *= own;
    }
    matrices[index] = *matrix;
    matrices[index].data += offset;
  }
}

static OrtStatus *compute(ProductKernel *kernel, OrtKernelContext *context, const float *bias) {
  const OrtApi *api = kernel->api;
  const Scaling scaling = {kernel->alpha, bias};
  Operand left, right;
  TRY(read_operand(api, context, 0, &left));
  TRY(read_operand(api, context, 1, &right));
  if (left.rank < 2 || right.rank < 2) return failure(api, "Product: an operand has fewer than two axes");
  Matrix a = last_axes(&left, kernel->transpose_left), b = last_axes(&right, kernel->transpose_right);
  if (a.columns != b.rows) return failure(api, "Product: the operands' inner sizes differ");
  const size_t rank = (left.rank > right.rank ? left.rank : right.rank) - 2;
  int64_t sizes[largest_rank];
  size_t count = 1;
  for (size_t axis = 0; axis < rank; axis++) {
    const int64_t one = axis + left.rank < rank + 2 ? 1 : left.sizes[axis + left.rank - rank - 2];
    const int64_t other = axis + right.rank < rank + 2 ? 1 : right.sizes[axis + right.rank - rank - 2];
    if (one != other && one != 1 && other != 1) return failure(api, "Product: the operands' leading sizes differ");
    sizes[axis] = one == 1 ? other : one;
    count *= sizes[axis];
  }
  sizes[rank] = a.rows;
  sizes[rank + 1] = b.columns;
  float *out;
  TRY(make_result(api, context, 0, sizes, rank + 2, &out));
  if (count == 0 || a.rows == 0 || b.columns == 0) return NULL;
  /* One matrix for all of a batch: its rows are those of one product. */
  if (right.rank == 2 && !a.transposed) {
    a.rows *= count;
    count = 1;
  }
  const Runner runner = {api, context};
  const Parallel parallel = {run_tasks, &runner};
  if (count == 1 && has_few_rows(&a, &b)) {
    few_rows_product(&a, &b, out, scaling, parallel);
    return NULL;
  }
  const uint8_t *packed = count == 1 ? packed_once(kernel, &b, parallel) : NULL;
  Matrix *matrices = malloc(2 * count * sizeof *matrices);
  const size_t bytes = product_scratch_bytes(a.rows, b.columns, a.columns, count, kernel->format, packed != NULL);
  /* The allocator's memory begins at a multiple of 64. */
  void *scratch = matrices == NULL ? NULL : kernel->allocator->alloc(kernel->allocator, bytes);
  if (scratch == NULL) {
    free(matrices);
    return failure(api, "Product: no memory");
  }
  place(&left, &a, sizes, count == 1 ? 0 : rank, count, matrices);
  place(&right, &b, sizes, count == 1 ? 0 : rank, count, matrices + count);
  product(matrices, matrices + count, packed, out, count, scaling, (TileFormat)kernel->format, scratch, parallel);
  kernel->allocator->free(kernel->allocator, scratch);
  free(matrices);
  return NULL;
}

static OrtStatus *compute_product(void *kernel, OrtKernelContext *context) { return compute(kernel, context, NULL); }

static OrtStatus *compute_biased_product(void *data, OrtKernelContext *context) {
  ProductKernel *kernel = data;
  const OrtApi *api = kernel->api;
  Operand right, bias;
  TRY(read_operand(api, context, 1, &right));
  TRY(read_operand(api, context, 2, &bias));
  if (right.rank < 2 || bias.rank != 1 || bias.sizes[0] != right.sizes[right.rank - (kernel->transpose_right ? 2 : 1)])
    return failure(api, "BiasedProduct: one number of bias for each column is expected");
  return compute(kernel, context, bias.data);
}

Operator product_operator = {
    .interface = {.create_kernel_2 = create_product, .compute_2 = compute_product, .destroy = destroy_product},
    .name = "Product",
    .inputs = 2,
    .outputs = 1,
};
Operator biased_product_operator = {
    .interface = {.create_kernel_2 = create_product, .compute_2 = compute_biased_product, .destroy = destroy_product},
    .name = "BiasedProduct",
    .inputs = 3,
    .outputs = 1,
};
