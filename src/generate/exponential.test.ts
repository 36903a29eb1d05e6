import { describe, expect, it } from 'vitest'
import { exponential } from './exponential.ts'
import { logSumExp } from './log-sum-exp.ts'

describe('exponential', () => {
  it('equals Math.exp to 1e-12 for every number up to 0', () => {
    let worst = 0
    for (let x = 0; x > -700; x -= 0.0137) worst = Math.max(worst, Math.abs(exponential(x) / Math.exp(x) - 1))
    expect(worst).toBeLessThan(1e-12)
    expect([exponential(0), exponential(-Infinity), exponential(-5000), exponential(NaN)]).toEqual([
      1,
      0,
      0,
      NaN,
    ])
  })
})

describe('logSumExp', () => {
  it('looks at its own window and does not overflow', () => {
    const scores = Float32Array.of(500, 100, 101, 99, -Infinity, 700)
    expect(logSumExp(scores, 1, 4)).toBeCloseTo(101 + Math.log(Math.exp(-1) + 1 + Math.exp(-2)), 7)
    expect(logSumExp(scores, 4, 1)).toBe(-Infinity)
    expect(logSumExp(Float32Array.of(1, NaN), 0, 2)).toBeNaN()
  })
})
