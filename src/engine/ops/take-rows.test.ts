import { describe, expect, it } from 'vitest'
import { checkOperation, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { takeRows } from './take-rows.ts'

describe('takeRows', () => {
  it.each([
    { shape: [1], count: 1 },
    { shape: [4, 3], count: 6 },
    { shape: [3, 2, 1, 2], count: 2 },
  ])('takes $count slices of the first axis of $shape, in their order', async ({ shape, count }) => {
    const random = randomSource(26)
    const size = shape.slice(1).reduce((a, b) => a * b, 1)
    const { value } = await checkOperation(
      (x, indices) => takeRows(x!, indices!),
      (x, indices) => [...indices].flatMap((index) => Array.from(x.slice(index * size, (index + 1) * size))),
      [{ ...randomValues(random, shape), fixed: true }, randomIntegers(random, [count], shape[0]!)],
    )
    expect(value).toBe(0)
  })

  it('asks for indices of one axis', () => {
    const x = input('x', [2, 3])
    expect(() => takeRows(x, input('i', [1, 2], 'int64'))).toThrow(/int64 \[1, 2\]/)
    expect(() => takeRows(x, input('i', [2]))).toThrow(/float32 \[2\]/)
    expect(takeRows(x, input('i', ['beams'], 'int64')).shape).toEqual(['beams', 3])
  })
})
