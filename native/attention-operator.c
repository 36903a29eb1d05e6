#include "attention.h"
#include "operators.h"
#include "tiles.h"

#include <stdlib.h>

/*
 * Attention(Q, K, V, mask) → O, scales, and AttentionGradient(dO, O, scales, Q, K, V, mask) → dQ, dK, dV (see attention.h). The mask has four axes
 * that broadcast. `format` is what stands for numbers of float32 in products, a `TileFormat`.
 */
typedef struct {
  const OrtApi *api;
  OrtAllocator *allocator;
  float scale;
  int64_t format;
} AttentionKernel;

static OrtStatus *create_attention(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out) {
  (void)self;
  AttentionKernel *kernel = calloc(1, sizeof *kernel);
  if (kernel == NULL) return failure(api, "no memory for an operator");
  *out = kernel;
  kernel->api = api;
  TRY(CALL(api, kernel_allocator)(info, 0, &kernel->allocator));
  TRY(CALL(api, attribute_float)(info, "scale", &kernel->scale));
  TRY(CALL(api, attribute_integer)(info, "format", &kernel->format));
  if (kernel->format < one_bfloat16 || kernel->format > last_format) return failure(api, "this format of tiles is not known");
  return NULL;
}

static void destroy_attention(void *data) {
  AttentionKernel *kernel = data;
  CALL(kernel->api, release_allocator)(kernel->allocator);
  free(kernel);
}

/* Reads queries, keys, values and the mask, which begin at `index`. */
static OrtStatus *read_attention(const AttentionKernel *kernel, const OrtKernelContext *context, size_t index,
                                 Attention *attention, Operand *query, Operand *key, Operand *value) {
  const OrtApi *api = kernel->api;
  Operand mask;
  TRY(read_operand(api, context, index, query));
  TRY(read_operand(api, context, index + 1, key));
  TRY(read_operand(api, context, index + 2, value));
  TRY(read_operand(api, context, index + 3, &mask));
  const int64_t *q = query->sizes, *k = key->sizes, *v = value->sizes;
  if (query->rank != 4 || key->rank != 4 || value->rank != 4 || mask.rank != 4)
    return failure(api, "Attention: four axes are expected");
  if (q[0] != k[0] || q[0] != v[0] || k[1] != v[1] || k[1] == 0 || q[1] % k[1] != 0 || q[3] != k[3] || k[2] != v[2])
    return failure(api, "Attention: queries, keys and values do not fit");
  *attention = (Attention){
      .query = query->data,
      .key = key->data,
      .value = value->data,
      .mask = mask.data,
      .batches = q[0],
      .key_heads = k[1],
      .group = q[1] / k[1],
      .rows = q[2],
      .keys = k[2],
      .width = q[3],
      .value_width = v[3],
      .scale = kernel->scale,
      .format = (TileFormat)kernel->format,
  };
  const int64_t scores[4] = {q[0], q[1], q[2], k[2]};
  size_t stride = 1;
  for (int axis = 3; axis >= 0; axis--) {
    if (mask.sizes[axis] != 1 && mask.sizes[axis] != scores[axis])
      return failure(api, "Attention: the mask does not fit the scores");
    attention->mask_strides[axis] = mask.sizes[axis] == 1 ? 0 : stride;
    stride *= mask.sizes[axis];
  }
  return NULL;
}

static OrtStatus *compute_attention(void *data, OrtKernelContext *context) {
  const AttentionKernel *kernel = data;
  const OrtApi *api = kernel->api;
  Attention given;
  Operand query, key, value;
  TRY(read_attention(kernel, context, 0, &given, &query, &key, &value));
  const int64_t sizes[4] = {query.sizes[0], query.sizes[1], query.sizes[2], value.sizes[3]};
  const int64_t scale_sizes[4] = {query.sizes[0], query.sizes[1], query.sizes[2], 2};
  float *out, *scales;
  TRY(make_result(api, context, 0, sizes, 4, &out));
  TRY(make_result(api, context, 1, scale_sizes, 4, &scales));
  if (given.batches * given.rows == 0) return NULL;
  void *scratch = kernel->allocator->alloc(kernel->allocator, attention_scratch_bytes(&given));
  if (scratch == NULL) return failure(api, "Attention: no memory");
  const Runner runner = {api, context};
  attention(&given, out, (RowScale *)scales, scratch, (Parallel){run_tasks, &runner});
  kernel->allocator->free(kernel->allocator, scratch);
  return NULL;
}

static OrtStatus *compute_gradient(void *data, OrtKernelContext *context) {
  const AttentionKernel *kernel = data;
  const OrtApi *api = kernel->api;
  Attention given;
  AttentionGradient gradient;
  Operand out_gradient, out, scales, query, key, value;
  TRY(read_operand(api, context, 0, &out_gradient));
  TRY(read_operand(api, context, 1, &out));
  TRY(read_operand(api, context, 2, &scales));
  TRY(read_attention(kernel, context, 3, &given, &query, &key, &value));
  gradient.out_gradient = out_gradient.data;
  gradient.out = out.data;
  gradient.scales = (const RowScale *)scales.data;
  TRY(make_result(api, context, 0, query.sizes, 4, &gradient.query_gradient));
  TRY(make_result(api, context, 1, key.sizes, 4, &gradient.key_gradient));
  TRY(make_result(api, context, 2, value.sizes, 4, &gradient.value_gradient));
  if (given.batches * given.rows == 0) return NULL;
  void *scratch = kernel->allocator->alloc(kernel->allocator, attention_gradient_scratch_bytes(&given));
  if (scratch == NULL) return failure(api, "AttentionGradient: no memory");
  const Runner runner = {api, context};
  attention_gradient(&given, &gradient, scratch, (Parallel){run_tasks, &runner});
  kernel->allocator->free(kernel->allocator, scratch);
  return NULL;
}

Operator attention_operator = {
    .interface = {.create_kernel_2 = create_attention, .compute_2 = compute_attention, .destroy = destroy_attention},
    .name = "Attention",
    .inputs = 4,
    .outputs = 2,
};

Operator attention_gradient_operator = {
    .interface = {.create_kernel_2 = create_attention, .compute_2 = compute_gradient, .destroy = destroy_attention},
    .name = "AttentionGradient",
    .inputs = 7,
    .outputs = 3,
};
