import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { sum, sumTo } from './sum.ts'

/** Sums over the axes: each element is added where its index, without those axes, puts it. */
function reference(shape: readonly number[], axes: readonly number[]) {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  return (x: Float64Array) => {
    const out = new Float64Array(kept.reduce((a, b) => a * b, 1))
    x.forEach((element, index) => {
      let rest = index
      let stride = 1
      let target = 0
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        if (kept[axis] !== 1) target += (rest % shape[axis]!) * stride
        stride *= kept[axis]!
        rest = Math.floor(rest / shape[axis]!)
      }
      out[target]! += element
    })
    return out
  }
}

describe('sum', () => {
  it.each([
    { shape: [5], axes: [0], positive: [0] },
    { shape: [2, 3], axes: [-1], positive: [1] },
    { shape: [2, 3, 4], axes: [0, 2], positive: [0, 2] },
    { shape: [2, 1, 4], axes: [1], positive: [1] },
    { shape: [2, 3, 2, 2], axes: [0, 1, 2, 3], positive: [0, 1, 2, 3] },
    { shape: [2, 3], axes: [], positive: [] },
  ])('adds $shape over $axes, and its gradient is repeated', async ({ shape, axes, positive }) => {
    for (const keepDimensions of [false, true]) {
      const { value, gradient } = await checkOperation(
        (x) => sum(x!, axes, keepDimensions),
        reference(shape, positive),
        [randomValues(randomSource(8), shape)],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('has the shape of what is left, or axes of size 1', () => {
    const x = input('x', ['batch', 3, 4])
    expect(sum(x, [1]).shape).toEqual(['batch', 4])
    expect(sum(x, [1], true).shape).toEqual(['batch', 1, 4])
    expect(() => sum(x, [3])).toThrow(/axis 3 does not exist in a tensor of 3 axes/)
  })
})

describe('sumTo', () => {
  it.each([
    { from: [2, 3], to: [3], axes: [0] },
    { from: [2, 3], to: [], axes: [0, 1] },
    { from: [2, 3, 4], to: [3, 1], axes: [0, 2] },
    { from: [1, 3], to: [3], axes: [0] },
    { from: [2, 1, 4], to: [2, 1, 1], axes: [2] },
    { from: [2, 3], to: [2, 3], axes: [] },
  ])('adds $from back to $to', async ({ from, to, axes }) => {
    const { value, gradient } = await checkOperation((x) => sumTo(x!, to), reference(from, axes), [
      randomValues(randomSource(8), from),
    ])
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
    expect(sumTo(input('x', from), to).shape).toEqual(to)
  })
})
