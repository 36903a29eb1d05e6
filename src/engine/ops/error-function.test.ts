import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { errorFunction } from './error-function.ts'

/** erf by its Taylor series, Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)) · 2/√π: exact enough for |x| ≤ 4. */
function erf(x: number): number {
  let term = x
  let total = x
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n
    total += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * total
}

describe('errorFunction', () => {
  it('is the integral of the bell curve, with its gradient', async () => {
    const { value, gradient } = await checkUnary(errorFunction, erf, { scale: 3 })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
