import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { transpose } from './transpose.ts'

/** Element at `index` of the result read from where the definition puts it. */
function reference(shape: readonly number[], order: readonly number[]) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  return (x: Float64Array) =>
    x.map((_, index) => {
      let rest = index
      let source = 0
      for (const axis of [...order].reverse()) {
        source += (rest % shape[axis]!) * strides[axis]!
        rest = Math.floor(rest / shape[axis]!)
      }
      return x[source]!
    })
}

describe('transpose', () => {
  it.each([
    [[4], [0]],
    [
      [2, 3],
      [1, 0],
    ],
    [
      [2, 3, 4],
      [1, 2, 0],
    ],
    [
      [2, 1, 3, 2],
      [0, 2, 1, 3],
    ],
    [
      [2, 3, 1, 2],
      [3, 0, 1, 2],
    ],
  ])('reorders the axes of %j by %j', async (shape, order) => {
    const { value, gradient } = await checkOperation((x) => transpose(x!, order), reference(shape, order), [
      randomValues(randomSource(4), shape),
    ])
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('refuses what is not an order of the axes', () => {
    const x = input('x', [2, 3])
    for (const order of [[0], [0, 0], [0, 1, 2], [0, 2], [-1, 0]]) {
      expect(() => transpose(x, order)).toThrow(
        `transpose: [${order.join(', ')}] does not order the axes of [2, 3]`,
      )
    }
  })
})
