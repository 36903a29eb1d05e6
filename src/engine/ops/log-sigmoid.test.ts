import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { logSigmoid } from './log-sigmoid.ts'
import { sum } from './sum.ts'

describe('logSigmoid', () => {
  it.each([4, 100])('is ln σ(x) for x up to ± %s, with its gradient', async (scale) => {
    const { value, gradient } = await checkUnary(
      logSigmoid,
      (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
      { scale },
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('is finite where σ(x) is 0, and its gradient right', async () => {
    const x = { shape: [4], data: Float64Array.of(-100, 0, 20, 100) }
    const y = await evaluate((x) => logSigmoid(x!), [x])
    const expected = [-100, -Math.LN2, -Math.log1p(Math.exp(-20)), 0]
    expected.forEach((value, index) =>
      expect(Math.abs(Number(y.data[index]) - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value) + 1e-40),
    )
    const slope = await evaluate((x) => gradients(sum(logSigmoid(x!), [0]), [x!])[0]!, [x])
    ;[1, 0.5, 0, 0].forEach((value, index) => expect(slope.data[index]).toBeCloseTo(value, 6))
  })
})
