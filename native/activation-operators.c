#include "lanes.h"
#include "operators.h"
#include "tiles.h"

/*
 * Gradients of activations, each in one pass over memory instead of one for each of its parts: the result from what flows back and one operand.
 * SquaredRelu and GatedSilu are no gradients. What flows back is needed no longer then, so the result may take its place.
 */
typedef struct {
  const float *dy, *operand;
  float *out;
  size_t count;
} Elements;

typedef __m512 (*Function)(__m512 dy, __m512 operand);

enum { task_length = 32 * 1024 };

static inline __attribute__((always_inline)) void each(const Elements *elements, size_t index, Function function) {
  const size_t end = smaller((index + 1) * task_length, elements->count);
  for (size_t at = index * task_length; at < end; at += 16) {
    const __mmask16 there = first(end - at);
    const __m512 operand = _mm512_maskz_loadu_ps(there, elements->operand + at);
    const __m512 dy = _mm512_maskz_loadu_ps(there, elements->dy + at);
    _mm512_mask_storeu_ps(elements->out + at, there, function(dy, operand));
  }
}

static inline __m512 one(void) { return _mm512_set1_ps(1); }

/* Far below 0 e⁻ˣ is infinite, and σ then 0, as it should be. */
static inline __m512 sigmoid_of(__m512 x) {
  return _mm512_div_ps(one(), _mm512_add_ps(one(), exponential(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

/* dy · σ(x) · (1 + x · (1 − σ(x))). */
static inline __m512 silu_gradient(__m512 dy, __m512 x) {
  const __m512 sigmoid = sigmoid_of(x);
  return _mm512_mul_ps(dy, _mm512_fmadd_ps(_mm512_mul_ps(x, sigmoid), _mm512_sub_ps(one(), sigmoid), sigmoid));
}

/* dy · (Φ(x) + x · φ(x)); the error function by the fifth polynomial of Abramowitz and Stegun, 7.1.26, right to 1.5e-7. */
static inline __m512 gelu_gradient(__m512 dy, __m512 x) {
  const __m512 size = _mm512_abs_ps(x);
  const __m512 bell = exponential(_mm512_mul_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(-0.5f)));
  const __m512 t = _mm512_div_ps(one(), _mm512_fmadd_ps(size, _mm512_set1_ps(0.3275911f * 0.70710678f), one()));
  __m512 tail = _mm512_set1_ps(0.5f * 1.061405429f);
  tail = _mm512_fmadd_ps(tail, t, _mm512_set1_ps(0.5f * -1.453152027f));
  tail = _mm512_fmadd_ps(tail, t, _mm512_set1_ps(0.5f * 1.421413741f));
  tail = _mm512_fmadd_ps(tail, t, _mm512_set1_ps(0.5f * -0.284496736f));
  tail = _mm512_fmadd_ps(tail, t, _mm512_set1_ps(0.5f * 0.254829592f));
  tail = _mm512_mul_ps(_mm512_mul_ps(tail, t), bell);
  const __mmask16 below = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
  const __m512 cumulative = _mm512_mask_blend_ps(below, _mm512_sub_ps(one(), tail), tail);
  const __m512 density = _mm512_mul_ps(bell, _mm512_set1_ps(0.39894228f));
  /* Far from 0 the bell is 0, and x · 0 is 0 unless x is infinite: there the slope is that of the line. */
  return _mm512_mul_ps(dy, _mm512_fmadd_ps(x, density, cumulative));
}

/* dy · ((1 + t)/2 + x/2 · (1 − t²) · u′), t = tanh u, u = √(2/π) · (x + 0.044715 x³). */
static inline __m512 gelu_tanh_gradient(__m512 dy, __m512 x) {
  const __m512 root = _mm512_set1_ps(0.79788456f), half = _mm512_set1_ps(0.5f), square = _mm512_mul_ps(x, x);
  const __m512 u = _mm512_mul_ps(x, _mm512_fmadd_ps(square, _mm512_set1_ps(0.79788456f * 0.044715f), root));
  const __m512 slope = _mm512_fmadd_ps(square, _mm512_set1_ps(0.79788456f * 3 * 0.044715f), root);
  /* σ(2u) = (1 + t)/2, and 1 − t² = 4 · σ · (1 − σ). */
  const __m512 power = exponential(_mm512_mul_ps(u, _mm512_set1_ps(-2)));
  const __m512 sigmoid = _mm512_div_ps(one(), _mm512_add_ps(one(), power));
  const __m512 rest = _mm512_mul_ps(sigmoid, _mm512_sub_ps(one(), sigmoid));
  const __m512 bend = _mm512_mul_ps(_mm512_mul_ps(_mm512_mul_ps(x, half), _mm512_mul_ps(rest, _mm512_set1_ps(4))), slope);
  return _mm512_mul_ps(dy, _mm512_add_ps(sigmoid, bend));
}

/* dy · 2 · max(x, 0), from y = max(x, 0)². */
static inline __m512 squared_relu_gradient(__m512 dy, __m512 y) {
  const __m512 root = _mm512_sqrt_ps(y);
  return _mm512_mul_ps(dy, _mm512_add_ps(root, root));
}

static inline __m512 squared_relu(__m512 ignored, __m512 x) {
  (void)ignored;
  /* The second operand comes out where one is NaN. */
  const __m512 positive = _mm512_max_ps(_mm512_setzero_ps(), x);
  return _mm512_mul_ps(positive, positive);
}

/* gate · σ(gate) · up. */
static inline __m512 gated_silu(__m512 gate, __m512 up) {
  return _mm512_mul_ps(_mm512_mul_ps(gate, sigmoid_of(gate)), up);
}

static OrtStatus *run(const OrtApi *api, OrtKernelContext *context, size_t inputs, void (*task)(void *data, size_t index)) {
  Operand given[2];
  size_t counts[2];
  for (size_t index = 0; index < inputs; index++) {
    TRY(read_operand(api, context, index, &given[index]));
    counts[index] = operand_length(&given[index]);
  }
  const Operand *last = &given[inputs - 1];
  if (counts[0] != counts[inputs - 1]) return failure(api, "an activation: operands of one shape are expected");
  Elements elements = {given[0].data, last->data, NULL, counts[0]};
  TRY(make_result(api, context, 0, last->sizes, last->rank, &elements.out));
  const Runner runner = {api, context};
  run_tasks(&runner, task, ceiling(counts[0], task_length), &elements);
  return NULL;
}

#define ACTIVATION(function, operator_name, operand_count, replaces)                                    \
  static void function##_task(void *data, size_t index) { each(data, index, function); }       \
  static OrtStatus *function##_compute(void *data, OrtKernelContext *context) {                \
    return run(data, context, operand_count, function##_task);                                 \
  }                                                                                            \
  Operator function##_operator = {                                                             \
      .interface = {.create_kernel_2 = stateless, .compute_2 = function##_compute, .destroy = keep}, \
      .name = operator_name,                                                                   \
      .inputs = operand_count,                                                                 \
      .outputs = 1,                                                                            \
      .in_place = replaces,                                                                    \
  };

ACTIVATION(silu_gradient, "SiluGradient", 2, 1)
ACTIVATION(gelu_gradient, "GeluGradient", 2, 1)
ACTIVATION(gelu_tanh_gradient, "GeluTanhGradient", 2, 1)
ACTIVATION(squared_relu_gradient, "SquaredReluGradient", 2, 1)
ACTIVATION(squared_relu, "SquaredRelu", 1, 0)
ACTIVATION(gated_silu, "GatedSilu", 2, 0)

/* GatedSiluGradient(dy, gate, up) → what flows to the gate and to the other operand. */
typedef struct {
  const float *dy, *gate, *up;
  float *gate_gradient, *up_gradient;
  size_t count;
} Gated;

static void flow_through_gate(void *data, size_t index) {
  const Gated *of = data;
  const size_t end = smaller((index + 1) * task_length, of->count);
  for (size_t at = index * task_length; at < end; at += 16) {
    const __mmask16 there = first(end - at);
    const __m512 dy = _mm512_maskz_loadu_ps(there, of->dy + at), gate = _mm512_maskz_loadu_ps(there, of->gate + at);
    const __m512 up = _mm512_maskz_loadu_ps(there, of->up + at), sigmoid = sigmoid_of(gate);
    const __m512 activated = _mm512_mul_ps(gate, sigmoid);
    const __m512 slope = _mm512_fmadd_ps(activated, _mm512_sub_ps(one(), sigmoid), sigmoid);
    _mm512_mask_storeu_ps(of->gate_gradient + at, there, _mm512_mul_ps(_mm512_mul_ps(dy, up), slope));
    _mm512_mask_storeu_ps(of->up_gradient + at, there, _mm512_mul_ps(dy, activated));
  }
}

static OrtStatus *gated_silu_gradient(void *data, OrtKernelContext *context) {
  const OrtApi *api = data;
  Operand given[3];
  size_t counts[3];
  for (size_t index = 0; index < 3; index++) {
    TRY(read_operand(api, context, index, &given[index]));
    counts[index] = operand_length(&given[index]);
  }
  if (counts[0] != counts[1] || counts[0] != counts[2])
    return failure(api, "GatedSiluGradient: operands of one shape are expected");
  Gated of = {given[0].data, given[1].data, given[2].data, NULL, NULL, counts[0]};
  TRY(make_result(api, context, 0, given[1].sizes, given[1].rank, &of.gate_gradient));
  TRY(make_result(api, context, 1, given[2].sizes, given[2].rank, &of.up_gradient));
  const Runner runner = {api, context};
  run_tasks(&runner, flow_through_gate, ceiling(counts[0], task_length), &of);
  return NULL;
}

Operator gated_silu_gradient_operator = {
    .interface = {.create_kernel_2 = stateless, .compute_2 = gated_silu_gradient, .destroy = keep},
    .name = "GatedSiluGradient",
    .inputs = 3,
    .outputs = 2,
    .in_place = 1,
};
