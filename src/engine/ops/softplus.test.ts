import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { softplus } from './softplus.ts'
import { sum } from './sum.ts'

describe('softplus', () => {
  it.each([4, 100])('is ln(1 + eˣ) for x up to ± %s, with its gradient', async (scale) => {
    const { value, gradient } = await checkUnary(
      softplus,
      (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
      { scale },
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('neither overflows nor loses what is small', async () => {
    const x = { shape: [5], data: Float64Array.of(-100, -20, 0, 100, 1e30) }
    const y = await evaluate((x) => softplus(x!), [x])
    const expected = [0, Math.log1p(Math.exp(-20)), Math.LN2, 100, 1e30]
    expected.forEach((value, index) =>
      expect(Math.abs(Number(y.data[index]) - value)).toBeLessThanOrEqual(1e-6 * value + 1e-40),
    )
    const slope = await evaluate((x) => gradients(sum(softplus(x!), [0]), [x!])[0]!, [x])
    ;[0, 0, 0.5, 1, 1].forEach((value, index) => expect(slope.data[index]).toBeCloseTo(value, 6))
  })
})
