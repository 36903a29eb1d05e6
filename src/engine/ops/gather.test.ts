import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { gather } from './gather.ts'

/** Each element of the shape of the indices, read at its own place but for the axis, where its index says. */
function reference(shape: readonly number[], count: readonly number[], axis: number) {
  return (x: Float64Array, indices: Float64Array) =>
    indices.map((index, place) => {
      let rest = place
      let stride = 1
      let source = 0
      for (let at = shape.length - 1; at >= 0; at--) {
        source += (at === axis ? index : rest % count[at]!) * stride
        stride *= shape[at]!
        rest = Math.floor(rest / count[at]!)
      }
      return x[source]!
    })
}

describe('gather', () => {
  it.each([
    { shape: [5], count: [8], axis: 0 },
    { shape: [2, 3], count: [2, 1], axis: -1 },
    { shape: [3, 2], count: [5, 2], axis: 0 },
    { shape: [2, 3, 4], count: [2, 7, 4], axis: 1 },
    { shape: [2, 1, 3], count: [2, 2, 3], axis: 1 },
    // Fewer indices than elements beside the axis: the rest is not read.
    { shape: [3, 4, 2], count: [2, 3, 1], axis: -2 },
  ])('reads $shape by $count indices along $axis, with its gradient', async ({ shape, count, axis }) => {
    const random = randomSource(51)
    const at = (axis + shape.length) % shape.length
    const { value, gradient } = await checkOperation(
      (x, indices) => gather(x!, indices!, axis),
      reference(shape, count, at),
      [randomValues(random, shape), randomIntegers(random, count, shape[at]!)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('takes sizes not known yet', async () => {
    const random = randomSource(52)
    const inputs = [randomValues(random, [2, 3, 4]), randomIntegers(random, [2, 5, 4], 3)]
    const shapes = [
      ['batch', 'length', 4],
      ['batch', 'read', 4],
    ]
    expect(await checkSymbolic((x, i) => gather(x!, i!, 1), inputs, shapes)).toBe(0)
  })

  it('reads nothing, and refuses to read beyond the end', async () => {
    const x = { shape: [2], data: Float64Array.of(1, 2) }
    const indices = (...data: number[]) => ({
      shape: [data.length],
      data: Float64Array.from(data),
      integer: true,
    })
    const nothing = await evaluate((x, i) => gather(x!, i!, 0), [x, indices()])
    expect(nothing.data).toHaveLength(0)
    await expect(evaluate((x, i) => gather(x!, i!, 0), [x, indices(2)])).rejects.toThrow(/bounds|range/)
  })

  it('names the shapes and types that do not fit', () => {
    const x = input('x', [2, 3])
    expect(() => gather(x, input('i', [2, 1]), 1)).toThrow(
      'gather: indices of float32 [2, 1] do not fit axis 1 of [2, 3]',
    )
    expect(() => gather(x, input('i', [2], 'int64'), 1)).toThrow(/int64 \[2\]/)
    expect(() => gather(x, input('i', [3, 1], 'int64'), -1)).toThrow(/int64 \[3, 1\].*axis 1/)
    expect(() => gather(x, input('i', [2, 1], 'int64'), 2)).toThrow(/axis 2 does not exist/)
  })
})
