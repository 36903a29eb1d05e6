/*
 * BlocksProduct(x, codes, scales) → x · Wᵀ for x of [..., width] and a weight [columns, width] in 4 bits (`columns`, `width`, `block_size` are
 * attributes): codes of [columns, blocks, block_size / 2] bytes, the first of two neighbours in the low half, 8 standing for 0, with a scale a block.
 *
 * Each 32 numbers of x are rounded to 8 bits with a scale of their own, and whole numbers are multiplied. Four such units make a group of 128, which is what
 * 64 bytes of codes hold: their low halves are the even numbers of the group and their high halves the odd ones, so x is laid out in that
 * way, and no code has to be moved.
 */
#include "lanes.h"
#include "operators.h"
#include "tiles.h"

#include <stdlib.h>

enum {
  unit = 32,
  units = 4,
  group = unit * units,
  task_bytes = 32 * 1024, /* of codes: enough to pay for handing a task out */
  unrolled = 4,
};

typedef struct {
  const OrtApi *api;
  OrtAllocator *allocator;
  int64_t columns, width, block_size;
} BlocksKernel;

/* A group of a row of x. */
typedef struct {
  __m512i even, odd;
  /* −8 · the sums of the codes that each lane multiplies: what the codes of W are too large by. */
  __m512i correction;
  /* The scale of each lane's unit. */
  __m512 scales;
} Group;

typedef struct {
  const BlocksKernel *kernel;
  const float *x;
  const uint8_t *codes;
  const float *scales;
  float *out;
  Group *groups;
  size_t rows, groups_of_row, columns_of_task;
} Work;

static void round_group(const float *x, size_t count, Group *to) {
  int8_t codes[2][group / 2];
  float scales[units];
  for (size_t at = 0; at < units; at++) {
    const size_t begin = at * unit;
    const __mmask16 low = begin < count ? first(count - begin) : 0;
    const __mmask16 high = begin + 16 < count ? first(count - begin - 16) : 0;
    const __m512 a = _mm512_maskz_loadu_ps(low, x + begin), b = _mm512_maskz_loadu_ps(high, x + begin + 16);
    const float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
    const __m512 turned = _mm512_set1_ps(largest > 0 ? 127 / largest : 0);
    /* Not a number stays none: it would be rounded to some code. */
    const float poison = 0 * _mm512_reduce_add_ps(_mm512_add_ps(a, b));
    scales[at] = largest / 127 + poison;
    int8_t row[unit];
    _mm_storeu_si128((__m128i *)row, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(a, turned))));
    _mm_storeu_si128((__m128i *)(row + 16), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(b, turned))));
    for (size_t pair = 0; pair < unit / 2; pair++) {
      codes[0][at * (unit / 2) + pair] = row[2 * pair];
      codes[1][at * (unit / 2) + pair] = row[2 * pair + 1];
    }
  }
  to->even = _mm512_loadu_si512(codes[0]);
  to->odd = _mm512_loadu_si512(codes[1]);
  const __m512i eight = _mm512_set1_epi8(8);
  const __m512i sums = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(_mm512_setzero_si512(), eight, to->even), eight, to->odd);
  to->correction = _mm512_sub_epi32(_mm512_setzero_si512(), sums);
  const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  to->scales = _mm512_permutexvar_ps(spread, _mm512_castps128_ps512(_mm_loadu_ps(scales)));
}

static void round_row(void *data, size_t row) {
  const Work *work = data;
  const size_t width = work->kernel->width;
  for (size_t at = 0; at < work->groups_of_row; at++)
    round_group(work->x + row * width + at * group, width - at * group, work->groups + row * work->groups_of_row + at);
}

/* What does not change from one group to the next. */
typedef struct {
  size_t line_bytes, blocks, lines;
  /* The numbers of a lane's scale among those that a group reads, and how many these are. */
  __m512i spread;
  size_t read;
} Lines;

/* Adds one group's products to the sums of each line. `there` are its bytes of codes and `scaled` its scales. */
static inline void multiply_group(const Group *of, const uint8_t *codes, const float *scales, const Lines *lines,
                                  __mmask64 there, __mmask16 scaled, __m512 sums[unrolled]) {
  const __m512i nibble = _mm512_set1_epi8(15);
  for (size_t line = 0; line < lines->lines; line++) {
    const __m512i both = _mm512_maskz_loadu_epi8(there, codes + line * lines->line_bytes);
    const __m512i even = _mm512_and_si512(both, nibble);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi16(both, 4), nibble);
    const __m512i products = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(of->correction, even, of->even), odd, of->odd);
    const __m512 few = _mm512_maskz_loadu_ps(scaled, scales + line * lines->blocks);
    const __m512 scale = _mm512_mul_ps(of->scales, _mm512_permutexvar_ps(lines->spread, few));
    sums[line] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), scale, sums[line]);
  }
}

/* `count` columns from `column` on, for one row of x. */
static inline void multiply_lines(const Work *work, size_t row, size_t column, size_t count) {
  const size_t block = work->kernel->block_size, blocks = ceiling(work->kernel->width, block);
  const size_t line_bytes = blocks * block / 2, shared = block / unit;
  const __m512i lane = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  const __m512i spread = shared == 1 ? lane : shared == 2 ? _mm512_srli_epi32(lane, 1) : _mm512_setzero_si512();
  const Lines lines = {line_bytes, blocks, count, spread, shared >= units ? 1 : units / shared};
  const uint8_t *codes = work->codes + column * line_bytes;
  const float *scales = work->scales + column * blocks;
  const Group *of = work->groups + row * work->groups_of_row;
  __m512 sums[unrolled];
  for (size_t line = 0; line < count; line++) sums[line] = _mm512_setzero_ps();
  /* Where blocks are longer than groups, the last may have room for groups that the row has not. */
  const size_t whole = smaller(line_bytes / (group / 2), work->groups_of_row);
  const __mmask16 all = first(lines.read);
  if (shared <= units)
    for (size_t at = 0; at < whole; at++)
      multiply_group(of + at, codes + at * (group / 2), scales + at * lines.read, &lines, ~(__mmask64)0, all, sums);
  else
    for (size_t at = 0; at < whole; at++)
      multiply_group(of + at, codes + at * (group / 2), scales + at * units / shared, &lines, ~(__mmask64)0, all, sums);
  if (whole < work->groups_of_row) {
    const size_t bytes = line_bytes - whole * (group / 2), begin = whole * units / shared;
    const __mmask64 there = ((__mmask64)1 << bytes) - 1;
    multiply_group(of + whole, codes + whole * (group / 2), scales + begin, &lines, there,
                   first(smaller(lines.read, blocks - begin)), sums);
  }
  for (size_t line = 0; line < count; line++)
    work->out[row * work->kernel->columns + column + line] = _mm512_reduce_add_ps(sums[line]);
}

static void multiply_columns(void *data, size_t index) {
  const Work *work = data;
  const size_t end = smaller((index + 1) * work->columns_of_task, work->kernel->columns);
  size_t column = index * work->columns_of_task;
  for (; column + unrolled <= end; column += unrolled)
    for (size_t row = 0; row < work->rows; row++) multiply_lines(work, row, column, unrolled);
  for (; column < end; column++)
    for (size_t row = 0; row < work->rows; row++) multiply_lines(work, row, column, 1);
}

static OrtStatus *create_blocks(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out) {
  (void)self;
  BlocksKernel *kernel = calloc(1, sizeof *kernel);
  if (kernel == NULL) return failure(api, "no memory for an operator");
  *out = kernel;
  kernel->api = api;
  TRY(CALL(api, kernel_allocator)(info, 0, &kernel->allocator));
  TRY(CALL(api, attribute_integer)(info, "columns", &kernel->columns));
  TRY(CALL(api, attribute_integer)(info, "width", &kernel->width));
  TRY(CALL(api, attribute_integer)(info, "block_size", &kernel->block_size));
  const int64_t shared = kernel->block_size / unit;
  const int whole = kernel->block_size % unit == 0 && (shared == 1 || shared == 2 || (shared > 0 && shared % units == 0));
  return whole ? NULL : failure(api, "BlocksProduct: blocks of 32, 64 or a multiple of 128 are expected");
}

static void destroy_blocks(void *data) {
  BlocksKernel *kernel = data;
  CALL(kernel->api, release_allocator)(kernel->allocator);
  free(kernel);
}

static OrtStatus *compute_blocks(void *data, OrtKernelContext *context) {
  const BlocksKernel *kernel = data;
  const OrtApi *api = kernel->api;
  Operand x, codes, scales;
  TRY(read_operand(api, context, 0, &x));
  TRY(read_operand(api, context, 1, &codes));
  TRY(read_operand(api, context, 2, &scales));
  const size_t blocks = ceiling(kernel->width, kernel->block_size);
  size_t bytes = 1, scale_count = 1;
  for (size_t axis = 0; axis < codes.rank; axis++) bytes *= codes.sizes[axis];
  for (size_t axis = 0; axis < scales.rank; axis++) scale_count *= scales.sizes[axis];
  if (x.rank == 0 || x.sizes[x.rank - 1] != kernel->width ||
      bytes != kernel->columns * blocks * kernel->block_size / 2 || scale_count != kernel->columns * blocks)
    return failure(api, "BlocksProduct: the operands' sizes do not fit each other");
  Work work = {.kernel = kernel, .x = x.data, .codes = (const uint8_t *)codes.data, .scales = scales.data, .rows = 1};
  for (size_t axis = 0; axis + 1 < x.rank; axis++) work.rows *= x.sizes[axis];
  x.sizes[x.rank - 1] = kernel->columns;
  TRY(make_result(api, context, 0, x.sizes, x.rank, &work.out));
  if (work.rows == 0 || kernel->columns == 0) return NULL;
  work.groups_of_row = ceiling(kernel->width, group);
  const size_t scratch_bytes = work.rows * work.groups_of_row * sizeof(Group);
  /* The allocator's memory begins at a multiple of 64. */
  work.groups = kernel->allocator->alloc(kernel->allocator, scratch_bytes);
  if (work.groups == NULL) return failure(api, "BlocksProduct: no memory");
  const Runner runner = {api, context};
  if (work.rows > unrolled) run_tasks(&runner, round_row, work.rows, &work);
  else
    for (size_t row = 0; row < work.rows; row++) round_row(&work, row);
  const size_t line_bytes = blocks * kernel->block_size / 2;
  work.columns_of_task = ceiling(ceiling(task_bytes, line_bytes), unrolled) * unrolled;
  run_tasks(&runner, multiply_columns, ceiling(kernel->columns, work.columns_of_task), &work);
  kernel->allocator->free(kernel->allocator, work.groups);
  return NULL;
}

Operator blocks_product_operator = {
    .interface = {.create_kernel_2 = create_blocks, .compute_2 = compute_blocks, .destroy = destroy_blocks},
    .name = "BlocksProduct",
    .inputs = 3,
    .outputs = 1,
    .bytes = 1 << 1,
};
