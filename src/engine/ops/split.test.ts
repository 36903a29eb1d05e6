import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { concatenate } from './concatenate.ts'
import { split } from './split.ts'

/** Elements of a tensor seen as [outer, size, inner] whose middle index is from `start` to `end`. */
function part(outer: number, size: number, inner: number, start: number, end: number) {
  return (x: Float64Array) =>
    Array.from({ length: outer }, (_, row) => [
      ...x.subarray((row * size + start) * inner, (row * size + end) * inner),
    ]).flat()
}

describe('split', () => {
  it.each([
    { shape: [6], axis: 0, sizes: [1, 3, 2], outer: 1, inner: 1 },
    { shape: [2, 5], axis: -1, sizes: [4, 1], outer: 2, inner: 1 },
    { shape: [2, 3, 2], axis: 1, sizes: [1, 1, 1], outer: 2, inner: 2 },
    { shape: [3, 2], axis: 0, sizes: [3], outer: 1, inner: 2 },
  ])('gives the parts of $sizes along $axis of $shape', async ({ shape, axis, sizes, outer, inner }) => {
    const x = randomValues(randomSource(65), shape)
    let start = 0
    for (const [index, size] of sizes.entries()) {
      const { value, gradient } = await checkOperation(
        (x) => split(x!, sizes, axis)[index]!,
        part(outer, shape.at(axis)!, inner, start, start + size),
        [x],
      )
      expect(value).toBe(0)
      expect(gradient).toBeLessThan(1e-5)
      start += size
    }
  })

  it('is undone by concatenate, in its gradient too', async () => {
    const { value, gradient } = await checkOperation(
      (x) => concatenate(split(x!, [2, 1, 4], 1), 1),
      (x) => x,
      [randomValues(randomSource(66), [2, 7])],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('leaves other axes as they are, and refuses sizes that do not make up the axis', () => {
    const x = input('x', ['batch', 5])
    expect(split(x, [2, 3], -1).map(({ shape }) => shape)).toEqual([
      ['batch', 2],
      ['batch', 3],
    ])
    expect(() => split(x, [2, 2], 1)).toThrow('split: parts of 2, 2 do not add up to axis 1 of [batch, 5]')
    expect(() => split(x, [2, 3], 0)).toThrow(/axis 0 of \[batch, 5\]/)
    expect(() => split(x, [5, 0], 1)).toThrow(/slice: 5 to 5/)
  })
})
