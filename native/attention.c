/*
 * Attention without its scores in memory: rows of queries are taken some at a time, and what they need of the scores stays near the processor. With
 * P = softmax(scale · Q · Kᵀ + mask) and O = P · V, the gradient computes P once more from each row's largest score and sum of exponentials:
 *
 *     dV = Pᵀ · dO;  dS = P ∘ (dO · Vᵀ − D), D = Σ dO ∘ O;  dQ = scale · dS · K;  dK = scale · dSᵀ · Q
 *
 * (Dao et al., 2022, "FlashAttention". A whole row of scores fits here, so its maximum needs no running one.)
 */
#include "attention.h"
#include "lanes.h"
#include "tiles.h"

#include <immintrin.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
  block_rows = 64,
  few_rows = 4,
  largest_lanes = 16, /* of tasks, each with memory of its own */
};

/* Scores that a mask lowers by more than this come to nothing beside any that it does not. */
static const float hidden = -1e8f;

static inline size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* The mask's row of a query, and the step from key to key, 0 or 1. */
static const float *mask_row(const Attention *a, size_t batch, size_t head, size_t row) {
  return a->mask + batch * a->mask_strides[0] + head * a->mask_strides[1] + row * a->mask_strides[2];
}

static inline __m512 mask_at(const Attention *a, const float *mask, size_t key, __mmask16 there) {
  return a->mask_strides[3] ? _mm512_maskz_loadu_ps(there, mask + key) : _mm512_set1_ps(mask[0]);
}

/* One past the last key that a row of the mask shows, not looking below `least`. */
static size_t last_shown(const float *mask, size_t keys, size_t least) {
  size_t last = keys;
  while (last > least) {
    const size_t count = smaller(last - least, 16);
    const __m512 values = _mm512_maskz_loadu_ps(first(count), mask + last - count);
    const unsigned shown = _mm512_mask_cmp_ps_mask(first(count), values, _mm512_set1_ps(hidden), _CMP_NLE_UQ);
    if (shown != 0) return last - count + 32 - __builtin_clz(shown);
    last -= count;
  }
  return last;
}

/* Up to which key any of these rows looks, in whole panels; all, where a row looks at none. */
static size_t keys_of_rows(const Attention *a, size_t batch, size_t head, size_t begin, size_t end) {
  if (!a->mask_strides[3]) return a->keys;
  size_t most = 0;
  for (size_t row = begin; row < end; row++) {
    const float *mask = mask_row(a, batch, head, row);
    const size_t last = last_shown(mask, a->keys, most);
    /* Where it looks at none beyond the others: is there one at all? */
    if (last == most && last_shown(mask, most, 0) == 0) return a->keys;
    most = last;
    if (!a->mask_strides[2]) break;
  }
  return smaller(a->keys, ceiling(most, panel_rows) * panel_rows);
}

/* Adds the mask to sixteen scores, in place; the larger of them and what was largest. */
static inline __m512 add_mask(float *scores, __m512 mask, __mmask16 there, __m512 largest) {
  const __m512 sum = _mm512_add_ps(_mm512_loadu_ps(scores), mask);
  _mm512_storeu_ps(scores, sum);
  return _mm512_mask_max_ps(largest, there, largest, sum);
}

static inline __m512 exponentials(float *scores, __m512 top) {
  const __m512 share = exponential(_mm512_sub_ps(_mm512_loadu_ps(scores), top));
  _mm512_storeu_ps(scores, share);
  return share;
}

/* Scores into exponentials of what they are below the largest, in place; what shares of one they are is said by the sum. NaN stays visible. */
static RowScale soften(const Attention *a, const float *mask, float *scores, size_t keys) {
  /* Four at a time, for none has to wait for the one before. */
  const size_t step = 64, whole = keys / step * step;
  __m512 largest[4], total[4];
  for (int lane = 0; lane < 4; lane++) largest[lane] = _mm512_set1_ps(-INFINITY), total[lane] = _mm512_setzero_ps();
  for (size_t key = 0; key < whole; key += step)
    for (int lane = 0; lane < 4; lane++) {
      const size_t at = key + lane * 16;
      largest[lane] = add_mask(scores + at, mask_at(a, mask, at, 0xffff), 0xffff, largest[lane]);
    }
  for (size_t key = whole; key < keys; key += 16) {
    const __mmask16 there = first(keys - key);
    largest[0] = add_mask(scores + key, mask_at(a, mask, key, there), there, largest[0]);
  }
  const __m512 pairs = _mm512_max_ps(_mm512_max_ps(largest[0], largest[1]), _mm512_max_ps(largest[2], largest[3]));
  const __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(pairs));
  for (size_t key = 0; key < whole; key += step)
    for (int lane = 0; lane < 4; lane++)
      total[lane] = _mm512_add_ps(total[lane], exponentials(scores + key + lane * 16, top));
  for (size_t key = whole; key < keys; key += 16)
    total[0] = _mm512_mask_add_ps(total[0], first(keys - key), total[0], exponentials(scores + key, top));
  const __m512 sum = _mm512_add_ps(_mm512_add_ps(total[0], total[1]), _mm512_add_ps(total[2], total[3]));
  return (RowScale){_mm512_cvtss_f32(top), _mm512_reduce_add_ps(sum)};
}

/* Sums of values by exponentials into such by shares of one. */
static void normalize(float *out, size_t width, float sum) {
  const __m512 inverse = _mm512_set1_ps(1 / sum);
  for (size_t column = 0; column < width; column += 16) {
    const __mmask16 there = first(width - column);
    _mm512_mask_storeu_ps(out + column, there, _mm512_mul_ps(_mm512_maskz_loadu_ps(there, out + column), inverse));
  }
}

static float dot(const float *a, const float *b, size_t length) {
  __m512 sum = _mm512_setzero_ps();
  for (size_t index = 0; index < length; index += 16) {
    const __mmask16 there = first(length - index);
    sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(there, a + index), _mm512_maskz_loadu_ps(there, b + index), sum);
  }
  return _mm512_reduce_add_ps(sum);
}

/* Memory of one lane. */
typedef struct {
  uint8_t *packed[8];
  float *scores, *slopes;
} Lane;

/* Lines of scores are apart by whole panels, which products fill. */
static size_t score_stride(const Attention *a) { return ceiling(a->keys, panel_rows) * panel_rows; }

static size_t block_bytes(const Attention *a) { return block_rows * score_stride(a) * sizeof(float); }

static size_t lane_layout(const Attention *a, int backward, uint8_t *memory, Lane *lane) {
  const size_t operands[8] = {
      packed_bytes(a->keys, a->width, a->format),                             /* Kᵀ */
      packed_bytes(backward ? a->keys : a->value_width, backward ? a->value_width : a->keys, a->format), /* V, or Vᵀ */
      packed_bytes(block_rows, a->width, a->format),                          /* Q */
      packed_bytes(block_rows, a->keys, a->format),                           /* P, or dS */
      backward ? packed_bytes(a->width, a->keys, a->format) : 0,              /* K */
      backward ? packed_bytes(block_rows, a->value_width, a->format) : 0,     /* dO */
      backward ? packed_bytes(a->keys, block_rows, a->format) : 0,            /* Pᵀ, then dSᵀ */
      backward ? packed_bytes(a->value_width > a->width ? a->value_width : a->width, block_rows, a->format) : 0,
  };
  size_t used = 0;
  for (int index = 0; index < 8; index++) {
    if (lane != NULL) lane->packed[index] = memory + used;
    used += padded(operands[index]);
  }
  if (lane != NULL) lane->scores = (float *)(memory + used);
  used += padded(block_bytes(a));
  if (lane != NULL) lane->slopes = (float *)(memory + used);
  if (backward) used += padded(block_bytes(a));
  return used;
}

static size_t lanes_of(const Attention *a) { return smaller(a->batches * a->key_heads, largest_lanes); }

/* Of how many keys each block of rows has to know, for every head, or once for all that share a mask. */
typedef struct {
  size_t blocks, batch_stride, head_stride, count;
} Limits;

static Limits limits_of(const Attention *a) {
  const size_t blocks = ceiling(a->rows, block_rows);
  const size_t heads = a->mask_strides[1] ? a->key_heads * a->group : 1, batches = a->mask_strides[0] ? a->batches : 1;
  return (Limits){blocks, batches > 1 ? heads * blocks : 0, heads > 1 ? blocks : 0, batches * heads * blocks};
}

static size_t limit_bytes(const Attention *a) { return padded(limits_of(a).count * sizeof(size_t)); }

static void find_limits(const Attention *a, size_t *limits) {
  const Limits of = limits_of(a);
  for (size_t index = 0; index < of.count; index++) {
    const size_t row = index % of.blocks * block_rows, head = of.head_stride ? index / of.blocks % (a->key_heads * a->group) : 0;
    const size_t batch = of.batch_stride ? index / of.batch_stride : 0;
    limits[index] = keys_of_rows(a, batch, head, row, smaller(row + block_rows, a->rows));
  }
}

size_t attention_scratch_bytes(const Attention *a) { return limit_bytes(a) + lanes_of(a) * lane_layout(a, 0, NULL, NULL); }

size_t attention_gradient_scratch_bytes(const Attention *a) {
  return limit_bytes(a) + lanes_of(a) * lane_layout(a, 1, NULL, NULL);
}

static void pack_left_matrix(Matrix matrix, TileFormat format, uint8_t *tiles) {
  const Packing packing = pack_left(&matrix, format, tiles);
  pack_all(&packing);
}

static void pack_right_matrix(Matrix matrix, TileFormat format, uint8_t *tiles) {
  const Packing packing = pack_right(&matrix, format, tiles);
  pack_all(&packing);
}

typedef struct {
  const Attention *attention;
  const AttentionGradient *gradient;
  float *out;
  RowScale *scales;
  const size_t *limits;
  Limits places;
  uint8_t *lanes;
  atomic_size_t next;
} Work;

/* How many keys the rows of a block see that begins at `row`. */
static size_t keys_seen(const Work *work, size_t batch, size_t head, size_t row) {
  const Limits *at = &work->places;
  return work->limits[batch * at->batch_stride + head * at->head_stride + row / block_rows];
}

/* scale · Q · Kᵀ of some rows. */
static void score(const Attention *a, const Lane *lane, const float *query, size_t rows, size_t keys) {
  pack_left_matrix((Matrix){query, rows, a->width, a->width, 0}, a->format, lane->packed[2]);
  const Multiplication scores = {
      .left = lane->packed[2],
      .right = lane->packed[0],
      .out = lane->scores,
      .rows = rows,
      .columns = keys,
      .inner = a->width,
      .left_depth = a->width,
      .right_depth = a->width,
      .stride = score_stride(a),
      .alpha = a->scale,
      .format = a->format,
  };
  multiply_all(&scores);
}

static void attend(const Work *work, const Lane *lane, size_t batch, size_t key_head) {
  const Attention *a = work->attention;
  const size_t pair = batch * a->key_heads + key_head, stride = score_stride(a);
  pack_right_matrix((Matrix){a->key + pair * a->keys * a->width, a->width, a->keys, a->width, 1}, a->format,
                    lane->packed[0]);
  pack_right_matrix(
      (Matrix){a->value + pair * a->keys * a->value_width, a->keys, a->value_width, a->value_width, 0}, a->format,
      lane->packed[1]);
  for (size_t member = 0; member < a->group; member++) {
    const size_t head = key_head * a->group + member, place = batch * a->key_heads * a->group + head;
    for (size_t row = 0; row < a->rows; row += block_rows) {
      const size_t rows = smaller(block_rows, a->rows - row);
      const size_t keys = keys_seen(work, batch, head, row);
      score(a, lane, a->query + (place * a->rows + row) * a->width, rows, keys);
      for (size_t index = 0; index < rows; index++)
        work->scales[place * a->rows + row + index] =
            soften(a, mask_row(a, batch, head, row + index), lane->scores + index * stride, keys);
      pack_left_matrix((Matrix){lane->scores, rows, keys, stride, 0}, a->format, lane->packed[3]);
      const Multiplication out = {
          .left = lane->packed[3],
          .right = lane->packed[1],
          .out = work->out + (place * a->rows + row) * a->value_width,
          .rows = rows,
          .columns = a->value_width,
          .inner = keys,
          .left_depth = keys,
          .right_depth = a->keys,
          .stride = a->value_width,
          .alpha = 1,
          .format = a->format,
      };
      multiply_all(&out);
      for (size_t index = 0; index < rows; index++)
        normalize(out.out + index * a->value_width, a->value_width, work->scales[place * a->rows + row + index].sum);
    }
  }
}

/* The same for rows so few that packing keys and values would take longer than multiplying, as each step of decoding has them. */
static void attend_few(const Work *work, const Lane *lane, size_t batch, size_t key_head) {
  const Attention *a = work->attention;
  const size_t pair = batch * a->key_heads + key_head;
  const float *key = a->key + pair * a->keys * a->width, *value = a->value + pair * a->keys * a->value_width;
  for (size_t member = 0; member < a->group; member++) {
    const size_t head = key_head * a->group + member, place = batch * a->key_heads * a->group + head;
    for (size_t row = 0; row < a->rows; row++) {
      const size_t at = place * a->rows + row;
      for (size_t index = 0; index < a->keys; index++)
        lane->scores[index] = a->scale * dot(a->query + at * a->width, key + index * a->width, a->width);
      work->scales[at] = soften(a, mask_row(a, batch, head, row), lane->scores, a->keys);
      float *out = work->out + at * a->value_width;
      for (size_t column = 0; column < a->value_width; column += 16) {
        const __mmask16 there = first(a->value_width - column);
        __m512 sum = _mm512_setzero_ps();
        for (size_t index = 0; index < a->keys; index++)
          sum = _mm512_fmadd_ps(_mm512_set1_ps(lane->scores[index]),
                                _mm512_maskz_loadu_ps(there, value + index * a->value_width + column), sum);
        _mm512_mask_storeu_ps(out + column, there, sum);
      }
      normalize(out, a->value_width, work->scales[at].sum);
    }
  }
}

/* Scores into shares, and what flows into shares, dO · Vᵀ, into what flows into scores, both in place. */
static void differentiate(const Attention *a, const float *mask, float *scores, float *slopes, size_t keys,
                          RowScale scale, float correction) {
  const __m512 inverse = _mm512_set1_ps(1 / scale.sum);
  for (size_t key = 0; key < keys; key += 16) {
    const __m512 sum = _mm512_add_ps(_mm512_loadu_ps(scores + key), mask_at(a, mask, key, first(keys - key)));
    const __m512 share = _mm512_mul_ps(exponential(_mm512_sub_ps(sum, _mm512_set1_ps(scale.largest))), inverse);
    const __m512 slope = _mm512_sub_ps(_mm512_loadu_ps(slopes + key), _mm512_set1_ps(correction));
    _mm512_storeu_ps(scores + key, share);
    _mm512_storeu_ps(slopes + key, _mm512_mul_ps(share, slope));
  }
}

/* What some rows give to the gradient of keys or values: out += alpha · sharesᵀ · rows of Q or dO. */
static void add_to_keys(const Attention *a, const Lane *lane, const float *shares, size_t rows, size_t keys,
                        const float *operand, size_t width, float alpha, float *out) {
  pack_left_matrix((Matrix){shares, keys, rows, score_stride(a), 1}, a->format, lane->packed[6]);
  pack_right_matrix((Matrix){operand, rows, width, width, 0}, a->format, lane->packed[7]);
  const Multiplication product = {
      .left = lane->packed[6],
      .right = lane->packed[7],
      .out = out,
      .rows = keys,
      .columns = width,
      .inner = rows,
      .left_depth = rows,
      .right_depth = rows,
      .stride = width,
      .alpha = alpha,
      .format = a->format,
      .accumulate = 1,
  };
  multiply_all(&product);
}

static void flow_back(const Work *work, const Lane *lane, size_t batch, size_t key_head) {
  const Attention *a = work->attention;
  const AttentionGradient *g = work->gradient;
  const size_t pair = batch * a->key_heads + key_head, stride = score_stride(a);
  const float *key = a->key + pair * a->keys * a->width, *value = a->value + pair * a->keys * a->value_width;
  float *key_gradient = g->key_gradient + pair * a->keys * a->width;
  float *value_gradient = g->value_gradient + pair * a->keys * a->value_width;
  memset(key_gradient, 0, a->keys * a->width * sizeof(float));
  memset(value_gradient, 0, a->keys * a->value_width * sizeof(float));
  pack_right_matrix((Matrix){key, a->width, a->keys, a->width, 1}, a->format, lane->packed[0]);
  pack_right_matrix((Matrix){value, a->value_width, a->keys, a->value_width, 1}, a->format, lane->packed[1]);
  pack_right_matrix((Matrix){key, a->keys, a->width, a->width, 0}, a->format, lane->packed[4]);
  for (size_t member = 0; member < a->group; member++) {
    const size_t head = key_head * a->group + member, place = batch * a->key_heads * a->group + head;
    for (size_t row = 0; row < a->rows; row += block_rows) {
      const size_t rows = smaller(block_rows, a->rows - row), at = place * a->rows + row;
      const size_t keys = keys_seen(work, batch, head, row);
      const float *query = a->query + at * a->width;
      const float *out = g->out + at * a->value_width, *out_gradient = g->out_gradient + at * a->value_width;
      score(a, lane, query, rows, keys);
      pack_left_matrix((Matrix){out_gradient, rows, a->value_width, a->value_width, 0}, a->format, lane->packed[5]);
      const Multiplication slopes = {
          .left = lane->packed[5],
          .right = lane->packed[1],
          .out = lane->slopes,
          .rows = rows,
          .columns = keys,
          .inner = a->value_width,
          .left_depth = a->value_width,
          .right_depth = a->value_width,
          .stride = stride,
          .alpha = 1,
          .format = a->format,
      };
      multiply_all(&slopes);
      for (size_t index = 0; index < rows; index++) {
        const size_t offset = index * a->value_width;
        differentiate(a, mask_row(a, batch, head, row + index), lane->scores + index * stride,
                      lane->slopes + index * stride, keys, g->scales[at + index],
                      dot(out + offset, out_gradient + offset, a->value_width));
      }
      pack_left_matrix((Matrix){lane->slopes, rows, keys, stride, 0}, a->format, lane->packed[3]);
      const Multiplication query_gradient = {
          .left = lane->packed[3],
          .right = lane->packed[4],
          .out = g->query_gradient + at * a->width,
          .rows = rows,
          .columns = a->width,
          .inner = keys,
          .left_depth = keys,
          .right_depth = a->keys,
          .stride = a->width,
          .alpha = a->scale,
          .format = a->format,
      };
      multiply_all(&query_gradient);
      add_to_keys(a, lane, lane->slopes, rows, keys, query, a->width, a->scale, key_gradient);
      add_to_keys(a, lane, lane->scores, rows, keys, out_gradient, a->value_width, 1, value_gradient);
    }
  }
}

/* A lane takes one head of keys after another until there is none. */
static void run_lane(void *data, size_t index) {
  Work *work = data;
  const Attention *a = work->attention;
  const int backward = work->gradient != NULL;
  Lane lane;
  lane_layout(a, backward, work->lanes + index * lane_layout(a, backward, NULL, NULL), &lane);
  configure_tiles();
  void (*const compute)(const Work *, const Lane *, size_t, size_t) =
      backward ? flow_back : a->rows <= few_rows ? attend_few : attend;
  for (size_t pair; (pair = atomic_fetch_add(&work->next, 1)) < a->batches * a->key_heads;)
    compute(work, &lane, pair / a->key_heads, pair % a->key_heads);
  release_tiles();
}

static void run_lanes(Work *work, uint8_t *scratch, Parallel parallel) {
  const Attention *a = work->attention;
  if (a->rows > few_rows || work->gradient != NULL) find_limits(a, (size_t *)scratch);
  work->limits = (size_t *)scratch;
  work->places = limits_of(a);
  work->lanes = scratch + limit_bytes(a);
  parallel.run(parallel.runner, run_lane, lanes_of(a), work);
}

void attention(const Attention *a, float *out, RowScale *scales, void *scratch, Parallel parallel) {
  Work work = {.attention = a, .out = out, .scales = scales};
  run_lanes(&work, scratch, parallel);
}

void attention_gradient(const Attention *a, const AttentionGradient *gradient, void *scratch, Parallel parallel) {
  Work work = {.attention = a, .gradient = gradient};
  run_lanes(&work, scratch, parallel);
}
