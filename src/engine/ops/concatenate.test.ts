import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { gradients } from '../gradient.ts'
import { input } from '../tensor.ts'
import { concatenate } from './concatenate.ts'
import { sum } from './sum.ts'

/** Blocks of `outer` rows laid side by side, each with its own number of elements a row. */
function reference(outer: number, widths: readonly number[]) {
  return (...parts: Float64Array[]) =>
    Array.from({ length: outer }, (_, row) =>
      parts.flatMap((part, index) =>
        Array.from(part.slice(row * widths[index]!, (row + 1) * widths[index]!)),
      ),
    ).flat()
}

describe('concatenate', () => {
  it.each([
    { shapes: [[2], [3]], axis: 0, outer: 1 },
    { shapes: [[2, 3]], axis: 1, outer: 2 },
    {
      shapes: [
        [2, 1],
        [2, 4],
        [2, 2],
      ],
      axis: -1,
      outer: 2,
    },
    {
      shapes: [
        [2, 1, 3],
        [2, 2, 3],
      ],
      axis: 1,
      outer: 2,
    },
    {
      shapes: [
        [1, 2, 2],
        [3, 2, 2],
      ],
      axis: 0,
      outer: 1,
    },
  ])('joins $shapes along $axis, and each gets its part of the gradient', async ({ shapes, axis, outer }) => {
    const random = randomSource(12)
    const inputs = shapes.map((shape) => randomValues(random, shape))
    const widths = inputs.map(({ data }) => data.length / outer)
    const { value, gradient } = await checkOperation(
      (...parts) => concatenate(parts.slice(0, shapes.length), axis),
      reference(outer, widths),
      inputs,
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('sums the gradients of a tensor joined with itself', async () => {
    const { value, gradient } = await checkOperation(
      (x) => concatenate([x!, x!], 0),
      (x) => [...x, ...x],
      [randomValues(randomSource(1), [2, 2])],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('names all shapes where they differ beside the axis', () => {
    expect(() => concatenate([input('a', [2, 3]), input('b', [2, 4])], 0)).toThrow(
      /\[2, 3\], \[2, 4\].*axis 0/,
    )
    expect(() => concatenate([input('a', [2, 3]), input('b', [3])], 0)).toThrow(/\[2, 3\], \[3\]/)
  })

  it('joins sizes not known yet by name, but not in a gradient', () => {
    const past = input('past', ['past', 2], 'float32', true)
    const joined = concatenate([past, input('now', ['length', 2]), input('one', [1, 2])], 0)
    expect(joined.shape).toEqual(['past+length+1', 2])
    expect(() => gradients(sum(joined, [0, 1]), [past])).toThrow(/sizes known when the program is traced/)
  })
})
