/*
 * AdamW over arrays of one memory, on several threads: its work is reading and writing memory, of which one thread does not get all there is. The same to the bit as
 * the kernel in WebAssembly (`src/engine/kernels/assembly/kernels.ts`), whose order of operations this is, without fused ones.
 */
#include "optimizer.h"

#include <immintrin.h>
#include <pthread.h>

enum { least_share = 64 * 1024, /* numbers that are worth a thread */ most_threads = 16 };

typedef struct {
  const AdamW *step;
  size_t begin, end;
} Share;

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#define UNFUSED
#else
#define UNFUSED __attribute__((optimize("fp-contract=off")))
#endif

UNFUSED static void *update_share(void *data) {
  const Share *share = data;
  const AdamW *a = share->step;
  const __m512 b1 = _mm512_set1_ps((float)a->beta1), c1 = _mm512_set1_ps((float)(1 - a->beta1));
  const __m512 b2 = _mm512_set1_ps((float)a->beta2), c2 = _mm512_set1_ps((float)(1 - a->beta2));
  const __m512 rate = _mm512_set1_ps(a->rate), root = _mm512_set1_ps(a->root), epsilon = _mm512_set1_ps(a->epsilon);
  const __m512 keep = _mm512_set1_ps(a->keep), factor = _mm512_set1_ps(a->factor);
  for (size_t at = share->begin; at < share->end; at += 16) {
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
  return NULL;
}

void adamw(const AdamW *step, size_t threads) {
  const size_t worthwhile = step->length / least_share, most = threads < most_threads ? threads : most_threads;
  const size_t count = worthwhile < 2 ? 1 : worthwhile < most ? worthwhile : most;
  /* Shares of whole cache lines. */
  const size_t each = (step->length / count + 31) / 32 * 32;
  Share shares[most_threads];
  pthread_t workers[most_threads];
  int started[most_threads] = {0};
  for (size_t index = 0; index < count; index++) {
    const size_t begin = index * each, end = begin + each;
    shares[index] = (Share){step, begin < step->length ? begin : step->length, end < step->length ? end : step->length};
    if (index > 0) started[index] = pthread_create(&workers[index], NULL, update_share, &shares[index]) == 0;
  }
  update_share(&shares[0]);
  for (size_t index = 1; index < count; index++) {
    if (started[index]) pthread_join(workers[index], NULL);
    else update_share(&shares[index]);
  }
}
