import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { linear } from './linear.ts'

function reference(rows: number, inner: number, out: number) {
  return (x: Float64Array, w: Float64Array, b?: Float64Array) =>
    Float64Array.from({ length: rows * out }, (_, index) => {
      const row = Math.floor(index / out)
      const column = index % out
      let total = b?.[column] ?? 0
      for (let k = 0; k < inner; k++) total += x[row * inner + k]! * w[column * inner + k]!
      return total
    })
}

describe('linear', () => {
  it.each([
    { shape: [4, 3], out: 5 },
    { shape: [2, 3, 7], out: 1 },
    { shape: [1, 1, 2, 3], out: 4 },
  ])('is x · Wᵀ + b with its gradients for $shape → $out', async ({ shape, out }) => {
    const random = randomSource(7)
    const inner = shape.at(-1)!
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1)
    const x = randomValues(random, shape)
    const w = randomValues(random, [out, inner])
    const b = randomValues(random, [out])
    for (const inputs of [
      [x, w],
      [x, w, b],
    ]) {
      const { value, gradient } = await checkOperation(
        (input, weight, bias) => linear(input!, weight!, bias),
        reference(rows, inner, out),
        inputs,
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('names the shapes that do not fit', async () => {
    const random = randomSource(1)
    const inputs = [randomValues(random, [2, 3]), randomValues(random, [4, 5])]
    await expect(
      checkOperation(
        (x, w) => linear(x!, w!),
        () => [],
        inputs,
      ),
    ).rejects.toThrow(/\[2, 3\].*\[4, 5\]/)
  })
})
