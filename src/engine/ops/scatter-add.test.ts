import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { scatterAdd } from './scatter-add.ts'

/** Each value is added at its own place but for the axis, where its index says. */
function reference(shape: readonly number[], count: readonly number[], axis: number) {
  return (x: Float64Array, indices: Float64Array, values: Float64Array) => {
    const out = Float64Array.from(x)
    values.forEach((value, place) => {
      let rest = place
      let stride = 1
      let target = 0
      for (let at = shape.length - 1; at >= 0; at--) {
        target += (at === axis ? indices[place]! : rest % count[at]!) * stride
        stride *= shape[at]!
        rest = Math.floor(rest / count[at]!)
      }
      out[target]! += value
    })
    return out
  }
}

describe('scatterAdd', () => {
  it.each([
    { shape: [1], count: [3], axis: 0 },
    { shape: [4, 7], count: [4, 20], axis: -1 },
    { shape: [3, 2], count: [5, 2], axis: 0 },
    { shape: [2, 3, 4], count: [2, 1, 4], axis: 1 },
    { shape: [2, 1, 3], count: [2, 2, 3], axis: 1 },
    { shape: [3, 4, 2], count: [2, 3, 1], axis: -2 },
  ])('adds $count values to $shape along $axis, repeated ones too', async ({ shape, count, axis }) => {
    const random = randomSource(53)
    const at = (axis + shape.length) % shape.length
    const { value, gradient } = await checkOperation(
      (x, indices, values) => scatterAdd(x!, indices!, values!, axis),
      reference(shape, count, at),
      [randomValues(random, shape), randomIntegers(random, count, shape[at]!), randomValues(random, count)],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('adds every repetition of an index exactly, however many there are', async () => {
    const x = { shape: [1, 4], data: new Float64Array(4) }
    const indices = randomIntegers(randomSource(54), [1, 30_000], 3)
    const ones = { shape: [1, 30_000], data: new Float64Array(30_000).fill(1) }
    const result = await evaluate((x, i, v) => scatterAdd(x!, i!, v!, 1), [x, indices, ones])
    const expected = [0, 1, 2, 3].map((place) => indices.data.filter((index) => index === place).length)
    expect([...(result.data as Float32Array)]).toEqual(expected)
  })

  it('takes sizes not known yet', async () => {
    const random = randomSource(55)
    const inputs = [
      randomValues(random, [2, 3, 4]),
      randomIntegers(random, [2, 3, 5], 4),
      randomValues(random, [2, 3, 5]),
    ]
    const shapes = [
      ['batch', 'length', 4],
      ['batch', 'length', 'source'],
      ['batch', 'length', 'source'],
    ]
    expect(await checkSymbolic((x, i, v) => scatterAdd(x!, i!, v!, -1), inputs, shapes)).toBe(0)
  })

  it('names the shapes and types that do not fit', () => {
    const [x, indices] = [input('x', [2, 3]), input('i', [2, 2], 'int64')]
    expect(() => scatterAdd(x, indices, input('v', [2, 1]), 1)).toThrow(
      'scatterAdd: indices of int64 [2, 2] do not fit values of float32 [2, 1] to add to float32 [2, 3]',
    )
    expect(() => scatterAdd(x, indices, input('v', [2, 2], 'int64'), 1)).toThrow(/values of int64/)
    expect(() => scatterAdd(x, input('i', [2, 2]), input('v', [2, 2]), 1)).toThrow(/indices of float32/)
    expect(() => scatterAdd(input('x', [1, 3]), indices, input('v', [2, 2]), 1)).toThrow(/axis 1 of \[1, 3\]/)
    expect(() => scatterAdd(x, indices, input('v', [2, 2]), 2)).toThrow(/axis 2 does not exist/)
  })
})
