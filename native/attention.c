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

/* Up to which key any of these rows looks, in whole panels; all, where a row looks at none. */
static size_t keys_of_rows(const Attention *a, size_t batch, size_t head, size_t begin, size_t end) {
  if (!a->mask_strides[3]) return a->keys;
  size_t most = 0;
  for (size_t row = begin; row < end; row++) {
    const float *mask = mask_row(a, batch, head, row);
    size_t last = a->keys;
    while (last > most && mask[last - 1] <= hidden) last--;
    if (last > most) most = last;
    else if (most > 0) {
      /* It looks at none beyond the others; is there one at all? */
      while (last > 0 && mask[last - 1] <= hidden) last--;
    }
    if (last == 0) return a->keys;
    if (!a->mask_strides[2]) break;
  }
  return smaller(a->keys, ceiling(most, panel_rows) * panel_rows);
}

/* Scores into shares of one, in place; what they were scaled by. NaN stays visible. */
static RowScale soften(const Attention *a, const float *mask, float *scores, size_t keys) {
  __m512 largest = _mm512_set1_ps(-INFINITY);
  for (size_t key = 0; key < keys; key += 16) {
    const __mmask16 there = first(keys - key);
    const __m512 sum = _mm512_add_ps(_mm512_loadu_ps(scores + key), mask_at(a, mask, key, there));
    _mm512_storeu_ps(scores + key, sum);
    largest = _mm512_mask_max_ps(largest, there, largest, sum);
  }
  const float top = _mm512_reduce_max_ps(largest);
  __m512 total = _mm512_setzero_ps();
  for (size_t key = 0; key < keys; key += 16) {
    const __m512 share = exponential(_mm512_sub_ps(_mm512_loadu_ps(scores + key), _mm512_set1_ps(top)));
    _mm512_storeu_ps(scores + key, share);
    total = _mm512_mask_add_ps(total, first(keys - key), total, share);
  }
  const float sum = _mm512_reduce_add_ps(total);
  const __m512 inverse = _mm512_set1_ps(1 / sum);
  for (size_t key = 0; key < keys; key += 16)
    _mm512_storeu_ps(scores + key, _mm512_mul_ps(_mm512_loadu_ps(scores + key), inverse));
  return (RowScale){top, sum};
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
      packed_bytes(a->keys, a->width, a->parts),                             /* Kᵀ */
      packed_bytes(backward ? a->keys : a->value_width, backward ? a->value_width : a->keys, a->parts), /* V, or Vᵀ */
      packed_bytes(block_rows, a->width, a->parts),                          /* Q */
      packed_bytes(block_rows, a->keys, a->parts),                           /* P, or dS */
      backward ? packed_bytes(a->width, a->keys, a->parts) : 0,              /* K */
      backward ? packed_bytes(block_rows, a->value_width, a->parts) : 0,     /* dO */
      backward ? packed_bytes(a->keys, block_rows, a->parts) : 0,            /* Pᵀ, then dSᵀ */
      backward ? packed_bytes(a->value_width > a->width ? a->value_width : a->width, block_rows, a->parts) : 0,
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

size_t attention_scratch_bytes(const Attention *a) { return lanes_of(a) * lane_layout(a, 0, NULL, NULL); }

size_t attention_gradient_scratch_bytes(const Attention *a) { return lanes_of(a) * lane_layout(a, 1, NULL, NULL); }

static void pack_left_matrix(Matrix matrix, int parts, uint8_t *tiles) {
  const Packing packing = pack_left(&matrix, parts, tiles);
  pack_all(&packing);
}

static void pack_right_matrix(Matrix matrix, int parts, uint8_t *tiles) {
  const Packing packing = pack_right(&matrix, parts, tiles);
  pack_all(&packing);
}

typedef struct {
  const Attention *attention;
  const AttentionGradient *gradient;
  float *out;
  RowScale *scales;
  uint8_t *scratch;
  atomic_size_t next;
} Work;

/* scale · Q · Kᵀ of some rows. */
static void score(const Attention *a, const Lane *lane, const float *query, size_t rows, size_t keys) {
  pack_left_matrix((Matrix){query, rows, a->width, a->width, 0}, a->parts, lane->packed[2]);
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
      .parts = a->parts,
  };
  multiply_all(&scores);
}

static void attend(const Work *work, const Lane *lane, size_t batch, size_t key_head) {
  const Attention *a = work->attention;
  const size_t pair = batch * a->key_heads + key_head, stride = score_stride(a);
  pack_right_matrix((Matrix){a->key + pair * a->keys * a->width, a->width, a->keys, a->width, 1}, a->parts,
                    lane->packed[0]);
  pack_right_matrix(
      (Matrix){a->value + pair * a->keys * a->value_width, a->keys, a->value_width, a->value_width, 0}, a->parts,
      lane->packed[1]);
  for (size_t member = 0; member < a->group; member++) {
    const size_t head = key_head * a->group + member, place = batch * a->key_heads * a->group + head;
    for (size_t row = 0; row < a->rows; row += block_rows) {
      const size_t rows = smaller(block_rows, a->rows - row);
      const size_t keys = keys_of_rows(a, batch, head, row, row + rows);
      score(a, lane, a->query + (place * a->rows + row) * a->width, rows, keys);
      for (size_t index = 0; index < rows; index++)
        work->scales[place * a->rows + row + index] =
            soften(a, mask_row(a, batch, head, row + index), lane->scores + index * stride, keys);
      pack_left_matrix((Matrix){lane->scores, rows, keys, stride, 0}, a->parts, lane->packed[3]);
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
          .parts = a->parts,
      };
      multiply_all(&out);
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
  pack_left_matrix((Matrix){shares, keys, rows, score_stride(a), 1}, a->parts, lane->packed[6]);
  pack_right_matrix((Matrix){operand, rows, width, width, 0}, a->parts, lane->packed[7]);
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
      .parts = a->parts,
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
  pack_right_matrix((Matrix){key, a->width, a->keys, a->width, 1}, a->parts, lane->packed[0]);
  pack_right_matrix((Matrix){value, a->value_width, a->keys, a->value_width, 1}, a->parts, lane->packed[1]);
  pack_right_matrix((Matrix){key, a->keys, a->width, a->width, 0}, a->parts, lane->packed[4]);
  for (size_t member = 0; member < a->group; member++) {
    const size_t head = key_head * a->group + member, place = batch * a->key_heads * a->group + head;
    for (size_t row = 0; row < a->rows; row += block_rows) {
      const size_t rows = smaller(block_rows, a->rows - row), at = place * a->rows + row;
      const size_t keys = keys_of_rows(a, batch, head, row, row + rows);
      const float *query = a->query + at * a->width;
      const float *out = g->out + at * a->value_width, *out_gradient = g->out_gradient + at * a->value_width;
      score(a, lane, query, rows, keys);
      pack_left_matrix((Matrix){out_gradient, rows, a->value_width, a->value_width, 0}, a->parts, lane->packed[5]);
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
          .parts = a->parts,
      };
      multiply_all(&slopes);
      for (size_t index = 0; index < rows; index++) {
        const size_t offset = index * a->value_width;
        differentiate(a, mask_row(a, batch, head, row + index), lane->scores + index * stride,
                      lane->slopes + index * stride, keys, g->scales[at + index],
                      dot(out + offset, out_gradient + offset, a->value_width));
      }
      pack_left_matrix((Matrix){lane->slopes, rows, keys, stride, 0}, a->parts, lane->packed[3]);
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
          .parts = a->parts,
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
  lane_layout(a, backward, work->scratch + index * lane_layout(a, backward, NULL, NULL), &lane);
  configure_tiles();
  void (*const compute)(const Work *, const Lane *, size_t, size_t) =
      backward ? flow_back : a->rows <= few_rows ? attend_few : attend;
  for (size_t pair; (pair = atomic_fetch_add(&work->next, 1)) < a->batches * a->key_heads;)
    compute(work, &lane, pair / a->key_heads, pair % a->key_heads);
  release_tiles();
}

void attention(const Attention *a, float *out, RowScale *scales, void *scratch, Parallel parallel) {
  Work work = {.attention = a, .out = out, .scales = scales, .scratch = scratch};
  parallel.run(parallel.runner, run_lane, lanes_of(a), &work);
}

void attention_gradient(const Attention *a, const AttentionGradient *gradient, void *scratch, Parallel parallel) {
  Work work = {.attention = a, .gradient = gradient, .scratch = scratch};
  parallel.run(parallel.runner, run_lane, lanes_of(a), &work);
}
