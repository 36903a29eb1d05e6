/* Products of a few rows, as each step of decoding computes them: the time goes into reading the weights. */
#include "few-rows.h"
#include "lanes.h"

#include <immintrin.h>

enum {
  task_bytes = 256 * 1024, /* of B: enough to pay for handing a task out */
  unrolled = 4,            /* lines of B that are read side by side, as many streams as the processor foresees easily */
};

int has_few_rows(const Matrix *left, const Matrix *right) {
  return left->rows <= most_few_rows && !left->transposed && right->transposed;
}

typedef struct {
  const Matrix *left, *right;
  float *out;
  Scaling scaling;
  size_t columns_of_task;
} Work;

/* `lines` lines of B from `column` on, for one row of A. */
static inline void multiply_lines(const Work *work, size_t row, size_t column, size_t lines) {
  const size_t inner = work->left->columns, stride = work->right->stride;
  const float *a = work->left->data + row * work->left->stride, *b = work->right->data + column * stride;
  __m512 sums[unrolled];
  for (size_t line = 0; line < lines; line++) sums[line] = _mm512_setzero_ps();
  for (size_t k = 0; k < inner; k += 16) {
    const __mmask16 there = first(inner - k);
    const __m512 x = _mm512_maskz_loadu_ps(there, a + k);
    for (size_t line = 0; line < lines; line++)
      sums[line] = _mm512_fmadd_ps(x, _mm512_maskz_loadu_ps(there, b + line * stride + k), sums[line]);
  }
  const float *bias = work->scaling.bias;
  for (size_t line = 0; line < lines; line++) {
    const float sum = work->scaling.alpha * _mm512_reduce_add_ps(sums[line]);
    work->out[row * work->right->columns + column + line] = bias == NULL ? sum : sum + bias[column + line];
  }
}

static void multiply_columns(void *data, size_t index) {
  const Work *work = data;
  const size_t end = smaller((index + 1) * work->columns_of_task, work->right->columns);
  size_t column = index * work->columns_of_task;
  for (; column + unrolled <= end; column += unrolled)
    for (size_t row = 0; row < work->left->rows; row++) multiply_lines(work, row, column, unrolled);
  for (; column < end; column++)
    for (size_t row = 0; row < work->left->rows; row++) multiply_lines(work, row, column, 1);
}

void few_rows_product(const Matrix *left, const Matrix *right, float *out, Scaling scaling, Parallel parallel) {
  const size_t columns = ceiling(task_bytes, left->columns * sizeof(float) + 1);
  Work work = {left, right, out, scaling, ceiling(columns, unrolled) * unrolled};
  parallel.run(parallel.runner, multiply_columns, ceiling(right->columns, work.columns_of_task), &work);
}
