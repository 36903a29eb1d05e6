#include "lanes.h"
#include "operators.h"
#include "tiles.h"

#include <stdlib.h>

/*
 * Dequantize(after, codes, scales, levels) → the numbers of a weight in 4 bits, [rows, width] (`rows`, `width`, `block_size` are attributes): codes of
 * [rows, blocks, block_size / 2] bytes, the first of two neighbours in the low half, each the number of one of 16 levels, with a scale a block. A block is of whole
 * sixteens. What comes `after` is not looked at: numbers are made when they are needed, not before.
 */
typedef struct {
  const OrtApi *api;
  int64_t rows, width, block_size;
} DequantizeKernel;

enum { task_numbers = 64 * 1024 };

typedef struct {
  const uint8_t *codes;
  const float *scales;
  float *out;
  __m512 levels;
  size_t rows, width, block_size, rows_of_task;
} Work;

static void make_row(const Work *work, size_t row) {
  const size_t blocks = ceiling(work->width, work->block_size);
  const uint8_t *codes = work->codes + row * blocks * work->block_size / 2;
  float *out = work->out + row * work->width;
  for (size_t at = 0; at < work->width; at += 16) {
    const __m512 scale = _mm512_set1_ps(work->scales[row * blocks + at / work->block_size]);
    /* Each byte's halves as two bytes side by side, the lower first. */
    const __m128i bytes = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(codes + at / 2)));
    const __m128i low = _mm_and_si128(bytes, _mm_set1_epi16(15));
    const __m128i high = _mm_slli_epi16(_mm_srli_epi16(bytes, 4), 8);
    const __m512i levels = _mm512_cvtepu8_epi32(_mm_or_si128(low, high));
    const __m512 values = _mm512_mul_ps(_mm512_permutexvar_ps(levels, work->levels), scale);
    _mm512_mask_storeu_ps(out + at, first(work->width - at), values);
  }
}

static void make_rows(void *data, size_t index) {
  const Work *work = data;
  const size_t end = smaller((index + 1) * work->rows_of_task, work->rows);
  for (size_t row = index * work->rows_of_task; row < end; row++) make_row(work, row);
}

static OrtStatus *create(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out) {
  (void)self;
  DequantizeKernel *kernel = calloc(1, sizeof *kernel);
  if (kernel == NULL) return failure(api, "no memory for an operator");
  *out = kernel;
  kernel->api = api;
  TRY(CALL(api, attribute_integer)(info, "rows", &kernel->rows));
  TRY(CALL(api, attribute_integer)(info, "width", &kernel->width));
  TRY(CALL(api, attribute_integer)(info, "block_size", &kernel->block_size));
  if (kernel->rows < 1 || kernel->width < 1 || kernel->block_size < 16 || kernel->block_size % 16 != 0)
    return failure(api, "Dequantize: rows in blocks of whole sixteens are expected");
  return NULL;
}

static OrtStatus *compute(void *data, OrtKernelContext *context) {
  const DequantizeKernel *kernel = data;
  const OrtApi *api = kernel->api;
  Operand codes, scales, levels;
  TRY(read_operand(api, context, 1, &codes));
  TRY(read_operand(api, context, 2, &scales));
  TRY(read_operand(api, context, 3, &levels));
  const size_t blocks = kernel->rows * ceiling(kernel->width, kernel->block_size);
  if (operand_length(&codes) != blocks * kernel->block_size / 2 || operand_length(&scales) != blocks || operand_length(&levels) != 16)
    return failure(api, "Dequantize: codes, scales and levels do not fit");
  float *out;
  TRY(make_result(api, context, 0, (int64_t[]){kernel->rows, kernel->width}, 2, &out));
  Work work = {
      .codes = (const uint8_t *)codes.data,
      .scales = scales.data,
      .out = out,
      .levels = _mm512_loadu_ps(levels.data),
      .rows = kernel->rows,
      .width = kernel->width,
      .block_size = kernel->block_size,
      .rows_of_task = ceiling(task_numbers, kernel->width),
  };
  const Runner runner = {api, context};
  run_tasks(&runner, make_rows, ceiling(work.rows, work.rows_of_task), &work);
  return NULL;
}

Operator dequantize_operator = {
    .interface = {.create_kernel_2 = create, .compute_2 = compute, .destroy = free},
    .name = "Dequantize",
    .inputs = 4,
    .outputs = 1,
    .bytes = 1 << 1,
};
