import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { gradients } from '../gradient.ts'
import { input } from '../tensor.ts'
import { slice } from './slice.ts'
import { sum } from './sum.ts'

/** Elements of a tensor seen as [outer, size, inner] whose middle index is from `start` to `end`, zeros outside. */
function window(outer: number, size: number, inner: number, start: number, end: number) {
  return (x: Float64Array) => {
    const out: number[] = []
    for (let i = 0; i < outer; i++) {
      for (let at = start; at < end; at++) {
        for (let j = 0; j < inner; j++) out.push(at < 0 || at >= size ? 0 : x[(i * size + at) * inner + j]!)
      }
    }
    return out
  }
}

describe('slice', () => {
  it.each([
    { shape: [5], axis: 0, start: 1, end: 3, outer: 1, inner: 1 },
    { shape: [2, 4], axis: -1, start: 3, end: 4, outer: 2, inner: 1 },
    { shape: [2, 3, 2], axis: 1, start: 0, end: 2, outer: 2, inner: 2 },
    { shape: [2, 1, 3], axis: 1, start: 0, end: 1, outer: 2, inner: 3 },
    { shape: [3, 2, 2], axis: 0, start: 2, end: 3, outer: 1, inner: 4 },
  ])('takes $start to $end of axis $axis of $shape', async ({ shape, axis, start, end, outer, inner }) => {
    const { value, gradient } = await checkOperation(
      (x) => slice(x!, axis, start, end),
      window(outer, shape.at(axis)!, inner, start, end),
      [randomValues(randomSource(14), shape)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('refuses what is outside or empty, naming the shape', () => {
    const x = input('x', [2, 5])
    for (const [start, end] of [
      [-1, 2],
      [2, 2],
      [3, 1],
      [0, 6],
    ] as const) {
      expect(() => slice(x, 1, start, end)).toThrow(
        `slice: ${start} to ${end} is not within axis 1 of [2, 5]`,
      )
    }
  })

  it('has no gradient along an axis whose size is not known', () => {
    const x = input('x', ['length'], 'float32', true)
    expect(() => gradients(sum(slice(x, 0, 0, 2), [0]), [x])).toThrow(/size known when the program is traced/)
  })
})
