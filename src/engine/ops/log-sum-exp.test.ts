import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkReduction } from '../testing-reduction.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { evaluate, randomSource, randomValues } from '../testing.ts'
import { logSumExp } from './log-sum-exp.ts'
import { sum } from './sum.ts'

function reference(values: readonly number[]): number {
  const top = Math.max(...values)
  return top + Math.log(values.reduce((total, value) => total + Math.exp(value - top), 0))
}

describe('logSumExp', () => {
  it.each([1, 20])('is ln Σ eˣ over the axes for x up to ± %s, with its gradient', async (scale) => {
    const { value, gradient } = await checkReduction(logSumExp, reference, { scale })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('neither overflows nor underflows, and its gradient is the softmax', async () => {
    const data = Float64Array.of(1e4, 1e4, -1e4, -1e4, -1e4, -1e4, 1e4, 0, -Infinity)
    const x = { shape: [3, 3], data }
    const y = await evaluate((x) => logSumExp(x!, [1]), [x])
    ;[1e4 + Math.LN2, -1e4 + Math.log(3), 1e4].forEach((value, row) =>
      expect(Math.abs(Number(y.data[row]) / value - 1)).toBeLessThan(1e-7),
    )
    const slope = await evaluate((x) => gradients(sum(logSumExp(x!, [1]), [0]), [x!])[0]!, [x])
    const third = Math.fround(1 / 3)
    expect([...(slope.data as Float32Array)]).toEqual([0.5, 0.5, 0, third, third, third, 1, 0, 0])
  })

  it('is infinite where all or one is', async () => {
    const x = { shape: [2, 2], data: Float64Array.of(-Infinity, -Infinity, Infinity, 0) }
    const y = await evaluate((x) => logSumExp(x!, [1]), [x])
    expect([...(y.data as Float32Array)]).toEqual([-Infinity, Infinity])
  })

  it('takes sizes not known yet', async () => {
    const x = randomValues(randomSource(47), [2, 3, 4])
    for (const axes of [[0], [-1], [0, 1]])
      expect(await checkSymbolic((x) => logSumExp(x!, axes), [x], [['batch', 'length', 4]])).toBeLessThan(
        1e-6,
      )
  })
})
