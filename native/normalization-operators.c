/*
 * What flows back through a normalization of rows, in one pass over memory. With x̂ = (x − mean) · r and g = dy · w,
 *
 *   LayerNormalizationGradient(dy, x, w, mean, r) → dx = r · (g − mean(g) − x̂ · mean(g · x̂)), dw = Σ dy · x̂, db = Σ dy
 *   RmsNormalizationGradient(dy, x, w, r)         → dx = r · (g − x̂ · mean(g · x̂)), dw = Σ dy · x̂, with x̂ = x · r
 *
 * Rows are taken in chunks, each with sums of its own that are added up in order: the result is the same whatever the threads.
 */
#include "lanes.h"
#include "operators.h"
#include "tiles.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  const float *dy, *x, *weight, *mean, *inverse;
  float *dx, *sums;
  size_t rows, width, chunk;
} Normalization;

enum { least_rows = 32, most_chunks = 64 };

static inline float total(__m512 lanes) { return _mm512_reduce_add_ps(lanes); }

static void flow_back_rows(void *data, size_t index) {
  const Normalization *of = data;
  const size_t width = of->width, end = smaller((index + 1) * of->chunk, of->rows);
  float *dw = of->sums + index * 2 * width, *db = dw + width;
  memset(dw, 0, 2 * width * sizeof *dw);
  for (size_t row = index * of->chunk; row < end; row++) {
    const float *dy = of->dy + row * width, *x = of->x + row * width;
    float *dx = of->dx + row * width;
    const __m512 mean = _mm512_set1_ps(of->mean == NULL ? 0 : of->mean[row]), inverse = _mm512_set1_ps(of->inverse[row]);
    __m512 sum = _mm512_setzero_ps(), product = _mm512_setzero_ps();
    for (size_t at = 0; at < width; at += 16) {
      const __mmask16 there = first(width - at);
      const __m512 flow = _mm512_maskz_loadu_ps(there, dy + at);
      const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(there, x + at), mean), inverse);
      const __m512 gradient = _mm512_mul_ps(flow, _mm512_maskz_loadu_ps(there, of->weight + at));
      sum = _mm512_add_ps(sum, gradient);
      product = _mm512_fmadd_ps(gradient, normal, product);
      _mm512_mask_storeu_ps(dw + at, there, _mm512_fmadd_ps(flow, normal, _mm512_maskz_loadu_ps(there, dw + at)));
      _mm512_mask_storeu_ps(db + at, there, _mm512_add_ps(flow, _mm512_maskz_loadu_ps(there, db + at)));
    }
    const __m512 center = _mm512_set1_ps(of->mean == NULL ? 0 : total(sum) / width);
    const __m512 slope = _mm512_set1_ps(total(product) / width);
    for (size_t at = 0; at < width; at += 16) {
      const __mmask16 there = first(width - at);
      const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(there, x + at), mean), inverse);
      const __m512 gradient =
          _mm512_mul_ps(_mm512_maskz_loadu_ps(there, dy + at), _mm512_maskz_loadu_ps(there, of->weight + at));
      const __m512 inner = _mm512_fnmadd_ps(normal, slope, _mm512_sub_ps(gradient, center));
      _mm512_mask_storeu_ps(dx + at, there, _mm512_mul_ps(inner, inverse));
    }
  }
}

static OrtStatus *flow_back(const OrtApi *api, OrtKernelContext *context, int centered) {
  Operand dy, x, weight, mean = {0}, inverse;
  float *dw, *db = NULL;
  TRY(read_operand(api, context, 0, &dy));
  TRY(read_operand(api, context, 1, &x));
  TRY(read_operand(api, context, 2, &weight));
  if (centered) TRY(read_operand(api, context, 3, &mean));
  TRY(read_operand(api, context, centered ? 4 : 3, &inverse));
  if (x.rank == 0) return failure(api, "a normalization: rows are expected");
  Normalization of = {dy.data, x.data, weight.data, mean.data, inverse.data, NULL, NULL, 1, x.sizes[x.rank - 1], 0};
  for (size_t axis = 0; axis + 1 < x.rank; axis++) of.rows *= x.sizes[axis];
  size_t rows = 1;
  for (size_t axis = 0; axis + 1 < dy.rank; axis++) rows *= dy.sizes[axis];
  if (rows != of.rows || weight.rank != 1 || (size_t)weight.sizes[0] != of.width)
    return failure(api, "a normalization: operands of one shape are expected, and a weight as long as a row");
  const int64_t width = of.width;
  TRY(make_result(api, context, 0, x.sizes, x.rank, &of.dx));
  TRY(make_result(api, context, 1, &width, 1, &dw));
  if (centered) TRY(make_result(api, context, 2, &width, 1, &db));
  of.chunk = ceiling(of.rows, most_chunks);
  if (of.chunk < least_rows) of.chunk = least_rows;
  const size_t chunks = ceiling(of.rows, of.chunk);
  of.sums = malloc((chunks * 2 * of.width + 1) * sizeof *of.sums);
  if (of.sums == NULL) return failure(api, "no memory for the sums of a normalization");
  const Runner runner = {api, context};
  run_tasks(&runner, flow_back_rows, chunks, &of);
  memset(dw, 0, of.width * sizeof *dw);
  if (centered) memset(db, 0, of.width * sizeof *db);
  for (size_t chunk = 0; chunk < chunks; chunk++) {
    const float *sums = of.sums + chunk * 2 * of.width;
    for (size_t at = 0; at < of.width; at++) dw[at] += sums[at];
    if (centered)
      for (size_t at = 0; at < of.width; at++) db[at] += sums[of.width + at];
  }
  free(of.sums);
  return NULL;
}

static OrtStatus *layer(void *data, OrtKernelContext *context) { return flow_back(data, context, 1); }
static OrtStatus *root_mean_square(void *data, OrtKernelContext *context) { return flow_back(data, context, 0); }

Operator layer_normalization_gradient_operator = {
    .interface = {.create_kernel_2 = stateless, .compute_2 = layer, .destroy = keep},
    .name = "LayerNormalizationGradient",
    .inputs = 5,
    .outputs = 3,
};
Operator rms_normalization_gradient_operator = {
    .interface = {.create_kernel_2 = stateless, .compute_2 = root_mean_square, .destroy = keep},
    .name = "RmsNormalizationGradient",
    .inputs = 4,
    .outputs = 2,
};
