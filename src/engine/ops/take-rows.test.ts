import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { addToRows, takeRows } from './take-rows.ts'

describe('takeRows', () => {
  it.each([
    { shape: [1], indices: [1] },
    { shape: [4, 3], indices: [6] },
    { shape: [4, 3], indices: [2, 1, 3] },
    { shape: [3, 2, 1, 2], indices: [2] },
    { shape: [3, 2, 2], indices: [2, 2] },
  ])('takes slices of the first axis of $shape at indices $indices, with its gradient', async (given) => {
    const { shape } = given
    const random = randomSource(26)
    const size = shape.slice(1).reduce((a, b) => a * b, 1)
    const { value, gradient } = await checkOperation(
      (x, indices) => takeRows(x!, indices!),
      (x, indices) => [...indices].flatMap((index) => Array.from(x.slice(index * size, (index + 1) * size))),
      [randomValues(random, shape), randomIntegers(random, given.indices, shape[0]!)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('has a gradient that can be differentiated again, and takes sizes not known yet', async () => {
    const random = randomSource(56)
    const indices = randomIntegers(random, [5], 3)
    const { gradient } = await checkOperation(
      (rows, indices) => addToRows(rows!, indices!, [3, 2]),
      (rows, indices) => {
        const out = new Float64Array(6)
        rows.forEach((value, place) => (out[indices[place >> 1]! * 2 + (place & 1)]! += value))
        return out
      },
      [randomValues(random, [5, 2]), indices],
    )
    expect(gradient).toBeLessThan(1e-5)
    const inputs = [randomValues(random, [3, 2, 4]), indices]
    const shapes = [['rows', 2, 'width'], ['count']]
    expect(await checkSymbolic((x, indices) => takeRows(x!, indices!), inputs, shapes)).toBe(0)
  })

  it('asks for indices that are whole numbers in a list', () => {
    const x = input('x', [2, 3])
    expect(() => takeRows(x, input('i', [], 'int64'))).toThrow(/int64 \[\]/)
    expect(() => takeRows(x, input('i', [2]))).toThrow(/float32 \[2\]/)
    expect(() => takeRows(input('x', []), input('i', [2], 'int64'))).toThrow(/into \[\]/)
    expect(takeRows(x, input('i', ['beams'], 'int64')).shape).toEqual(['beams', 3])
  })
})
