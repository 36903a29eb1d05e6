/* Sixteen float32 at a time. */
#ifndef YUKSU_LANES_H
#define YUKSU_LANES_H

#include <immintrin.h>
#include <stddef.h>

/* The first `count` of sixteen, or all. */
static inline __mmask16 first(size_t count) { return count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1); }

/*
 * eˣ to two units of the last place: 2ⁿ · eʳ with |r| ≤ ln 2 / 2, by Taylor's polynomial. 0 where it is below the least normal number: what lies
 * between takes the processor twenty times as long, and what a mask hides lies there.
 */
static inline __m512 exponential(__m512 x) {
  const __m512 least = _mm512_set1_ps(-87);
  const __mmask16 normal = _mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ);
  /* The second operand comes out where one is NaN. */
  x = _mm512_max_ps(least, x);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 8);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(1.0f / 5040);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
  return _mm512_maskz_scalef_ps(normal, p, n);
}

#endif
