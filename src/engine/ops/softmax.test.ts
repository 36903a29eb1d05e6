import { describe, expect, it } from 'vitest'
import { checkOperation, evaluate, randomSource, randomValues } from '../testing.ts'
import { softmax } from './softmax.ts'

function reference(width: number) {
  return (x: Float64Array) => {
    const out = new Float64Array(x.length)
    for (let start = 0; start < x.length; start += width) {
      const row = x.subarray(start, start + width)
      const top = Math.max(...row)
      const total = row.reduce((sum, value) => sum + Math.exp(value - top), 0)
      row.forEach((value, index) => (out[start + index] = Math.exp(value - top) / total))
    }
    return out
  }
}

describe('softmax', () => {
  it.each([[[1]], [[5]], [[3, 1]], [[2, 7]], [[2, 3, 4]], [[1, 2, 1, 33]]])(
    'is eˣ / Σ eˣ over the last axis of %j, with its gradient',
    async (shape) => {
      const { value, gradient } = await checkOperation((x) => softmax(x!), reference(shape.at(-1)!), [
        randomValues(randomSource(16), shape, 3),
      ])
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('does not overflow, and gives 0 to what is masked', async () => {
    const x = { shape: [2, 3], data: Float64Array.of(1e4, 1e4, -1e4, 0, -1e9, -Infinity) }
    const result = await evaluate((x) => softmax(x!), [x])
    expect([...(result.data as Float32Array)]).toEqual([0.5, 0.5, 0, 1, 0, 0])
  })
})
