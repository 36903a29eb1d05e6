import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { silu } from './silu.ts'

describe('silu', () => {
  it('is x · σ(x), with its gradient', async () => {
    const { value, gradient } = await checkUnary(silu, (x) => x / (1 + Math.exp(-x)), { scale: 6 })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('goes to 0 and to x far from 0', async () => {
    const far = await evaluate((x) => silu(x!), [{ shape: [2], data: Float64Array.of(-90, 90) }])
    expect(far.data[0]).toBeCloseTo(0, 5)
    expect(far.data[1]).toBeCloseTo(90, 5)
  })
})
