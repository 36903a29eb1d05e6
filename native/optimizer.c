/*
 * AdamW over arrays of one memory, and the norm of gradients, on several threads: their work is reading and writing memory, of which one thread does not get all there
 * is. AdamW is the same to the bit as the kernel in WebAssembly (`src/engine/kernels/assembly/kernels.ts`), whose order of operations this is, without fused ones; a
 * sum of squares is added up in another order than there.
 */
#include "optimizer.h"
#include "workers.h"

#include <immintrin.h>
#include <stdlib.h>

enum { share_unit = 32 * 1024 /* numbers that a thread works on at a time, whole cache lines */ };

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#define UNFUSED
#else
#define UNFUSED __attribute__((optimize("fp-contract=off")))
#endif

UNFUSED static void update(const void *data, size_t begin, size_t end) {
  const AdamW *a = data;
  const __m512 b1 = _mm512_set1_ps((float)a->beta1), c1 = _mm512_set1_ps((float)(1 - a->beta1));
  const __m512 b2 = _mm512_set1_ps((float)a->beta2), c2 = _mm512_set1_ps((float)(1 - a->beta2));
  const __m512 rate = _mm512_set1_ps(a->rate), root = _mm512_set1_ps(a->root), epsilon = _mm512_set1_ps(a->epsilon);
  const __m512 keep = _mm512_set1_ps(a->keep), factor = _mm512_set1_ps(a->factor);
  for (size_t at = begin; at < end; at += 16) {
    const __m512 gradient = _mm512_mul_ps(_mm512_load_ps(a->gradient + at), factor);
    const __m512 mean = _mm512_add_ps(_mm512_mul_ps(_mm512_load_ps(a->mean + at), b1), _mm512_mul_ps(gradient, c1));
    const __m512 square = _mm512_add_ps(_mm512_mul_ps(_mm512_load_ps(a->square + at), b2),
                                        _mm512_mul_ps(_mm512_mul_ps(gradient, gradient), c2));
    _mm512_store_ps(a->mean + at, mean);
    _mm512_store_ps(a->square + at, square);
    const __m512 denominator = _mm512_add_ps(_mm512_mul_ps(_mm512_sqrt_ps(square), root), epsilon);
    const __m512 weight = _mm512_mul_ps(_mm512_load_ps(a->weight + at), keep);
    _mm512_store_ps(a->weight + at, _mm512_sub_ps(weight, _mm512_div_ps(_mm512_mul_ps(mean, rate), denominator)));
  }
}

void adamw(const AdamW *step, size_t threads) { share_out(update, step, step->length, share_unit, threads); }

typedef struct {
  const float *x;
  double *sums; /* of each unit */
} Squares;

static void square_units(const void *data, size_t begin, size_t end) {
  const Squares *of = data;
  for (size_t unit = begin; unit < end; unit += share_unit) {
    const size_t last = unit + share_unit < end ? unit + share_unit : end;
    __m512d sums[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
    for (size_t at = unit; at < last; at += 16) {
      for (int half = 0; half < 2; half++) {
        const __m512d value = _mm512_cvtps_pd(_mm256_loadu_ps(of->x + at + 8 * half));
        sums[half] = _mm512_fmadd_pd(value, value, sums[half]);
      }
    }
    of->sums[unit / share_unit] = _mm512_reduce_add_pd(_mm512_add_pd(sums[0], sums[1]));
  }
}

double sum_of_squares(const float *x, size_t length, size_t threads) {
  const size_t units = (length + share_unit - 1) / share_unit;
  double total = 0, *sums = malloc((units + 1) * sizeof *sums);
  if (sums == NULL) {
    for (size_t at = 0; at < length; at++) total += (double)x[at] * x[at];
    return total;
  }
  const Squares squares = {x, sums};
  share_out(square_units, &squares, length, share_unit, threads);
  for (size_t unit = 0; unit < units; unit++) total += sums[unit];
  free(sums);
  return total;
}
