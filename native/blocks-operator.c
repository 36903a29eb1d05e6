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
  bytes_ahead = 2048,
  few_rows = 4, /* that are rounded by one thread */
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

/* The sum with one group's products. `codes` are its bytes, and `few` its scales, each once. */
static inline __m512 add_group(__m512 sum, const Group *of, __m512i codes, __m512 few, __m512i spread) {
  const __m512i nibble = _mm512_set1_epi8(15);
  const __m512i even = _mm512_and_si512(codes, nibble);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi16(codes, 4), nibble);
  const __m512i products = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(of->correction, even, of->even), odd, of->odd);
  const __m512 scale = _mm512_mul_ps(of->scales, _mm512_permutexvar_ps(spread, few));
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), scale, sum);
}

/* Reads ahead in the codes: what follows a line in memory is multiplied next, and the processor does not begin to fetch it by itself soon enough. */
static inline void fetch(const void *place) { _mm_prefetch((const char *)place + bytes_ahead, _MM_HINT_T0); }

/* What is the same in every line of codes. */
typedef struct {
  size_t bytes, blocks;
  /* Groups of which there are all bytes; where blocks are longer than groups, the last block may have room for groups that a row has not. */
  size_t whole, groups;
  /* Scales that a group reads, `read` of them; units that share one. */
  size_t read, shared;
  /* The number of a lane's scale among these. */
  __m512i spread;
} Line;

static Line line_of(const Work *work) {
  const size_t block = work->kernel->block_size, blocks = ceiling(work->kernel->width, block);
  const size_t bytes = blocks * block / 2, shared = block / unit;
  const __m512i lane = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  return (Line){
      .bytes = bytes,
      .blocks = blocks,
      .whole = smaller(bytes / (group / 2), work->groups_of_row),
      .groups = work->groups_of_row,
      .read = shared >= units ? 1 : units / shared,
      .shared = shared,
      .spread = shared == 1 ? lane : shared == 2 ? _mm512_srli_epi32(lane, 1) : _mm512_setzero_si512(),
  };
}

/* One number of the result: the groups of a row of x by a line, whose bytes are read one after another. */
static inline float multiply_line(const Line *line, const Group *of, const uint8_t *codes, const float *scales) {
  const __mmask16 all = first(line->read);
  /* Two sums, so that none waits for the one before. */
  __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  for (size_t at = 0; at < line->whole; at++) {
    const uint8_t *place = codes + at * (group / 2);
    const float *scale = scales + (line->shared <= units ? at * line->read : at * units / line->shared);
    fetch(place);
    sums[at % 2] =
        add_group(sums[at % 2], of + at, _mm512_loadu_si512(place), _mm512_maskz_loadu_ps(all, scale), line->spread);
  }
  if (line->whole < line->groups) {
    const size_t begin = line->whole * units / line->shared;
    const __mmask64 there = ((__mmask64)1 << (line->bytes - line->whole * (group / 2))) - 1;
    const __m512i last = _mm512_maskz_loadu_epi8(there, codes + line->whole * (group / 2));
    const __m512 few = _mm512_maskz_loadu_ps(first(smaller(line->read, line->blocks - begin)), scales + begin);
    sums[0] = add_group(sums[0], of + line->whole, last, few, line->spread);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
}

static void multiply_columns(void *data, size_t index) {
  const Work *work = data;
  const Line line = line_of(work);
  const size_t columns = work->kernel->columns, end = smaller((index + 1) * work->columns_of_task, columns);
  for (size_t column = index * work->columns_of_task; column < end; column++)
    for (size_t row = 0; row < work->rows; row++)
      work->out[row * columns + column] = multiply_line(&line, work->groups + row * line.groups,
                                                        work->codes + column * line.bytes, work->scales + column * line.blocks);
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
  if (work.rows > few_rows) run_tasks(&runner, round_row, work.rows, &work);
  else
    for (size_t row = 0; row < work.rows; row++) round_row(&work, row);
  const size_t line_bytes = blocks * kernel->block_size / 2;
  work.columns_of_task = ceiling(task_bytes, line_bytes);
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
