import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { gelu, geluTanh } from './gelu.ts'

/** Φ(x) by the series of erf: Φ = 1/2 + φ(x) · Σ x²ⁿ⁺¹ / (1 · 3 · 5 … (2n + 1)). */
function normalDistribution(x: number): number {
  let term = x
  let total = x
  for (let n = 1; n < 120; n++) {
    term *= (x * x) / (2 * n + 1)
    total += term
  }
  return 0.5 + (total * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI)
}

describe('gelu', () => {
  it('is x · Φ(x), with its gradient', async () => {
    const { value, gradient } = await checkUnary(gelu, (x) => x * normalDistribution(x))
    expect(value).toBeLessThan(2e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})

describe('geluTanh', () => {
  it('is the approximation by tanh, with its gradient', async () => {
    const formula = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
    const { value, gradient } = await checkUnary(geluTanh, formula)
    expect(value).toBeLessThan(2e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
