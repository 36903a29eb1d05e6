import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomSource, randomValues } from '../testing.ts'
import { logSoftmax } from './log-softmax.ts'
import { slice } from './slice.ts'
import { sum } from './sum.ts'

function reference(width: number) {
  return (x: Float64Array) => {
    const out = new Float64Array(x.length)
    for (let start = 0; start < x.length; start += width) {
      const row = x.subarray(start, start + width)
      const top = Math.max(...row)
      const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0))
      row.forEach((value, index) => (out[start + index] = value - top - total))
    }
    return out
  }
}

describe('logSoftmax', () => {
  it.each([[[1]], [[5]], [[3, 1]], [[2, 7]], [[2, 3, 4]], [[1, 2, 1, 33]]])(
    'is ln softmax(x) over the last axis of %j, with its gradient',
    async (shape) => {
      const { value, gradient } = await checkOperation((x) => logSoftmax(x!), reference(shape.at(-1)!), [
        randomValues(randomSource(48), shape, 3),
      ])
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('is exact for logits of ± 10,000, and so is its gradient', async () => {
    const x = { shape: [2, 3], data: Float64Array.of(1e4, 1e4, -1e4, -1e4, 0, -1e4) }
    const y = await evaluate((x) => logSoftmax(x!), [x])
    const expected = [-Math.LN2, -Math.LN2, -2e4 - Math.LN2, -1e4, 0, -1e4]
    expected.forEach((value, index) =>
      expect(Math.abs(Number(y.data[index]) - value)).toBeLessThanOrEqual(1e-7 * Math.abs(value)),
    )
    const slope = await evaluate((x) => gradients(sum(slice(logSoftmax(x!), 1, 0, 1), [0, 1]), [x!])[0]!, [x])
    ;[0.5, -0.5, 0, 1, -1, 0].forEach((value, index) => expect(slope.data[index]).toBeCloseTo(value, 6))
  })

  it('takes sizes not known yet', async () => {
    const x = randomValues(randomSource(49), [2, 3])
    expect(await checkSymbolic((x) => logSoftmax(x!), [x], [['batch', 'classes']])).toBe(0)
  })
})
