import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { reshape } from './reshape.ts'

describe('reshape', () => {
  it.each([
    [[2, 3], [6]],
    [[6], [1, 2, 3, 1]],
    [[1], []],
    [[], [1, 1]],
    [
      [2, 3, 4],
      [4, 3, 2],
    ],
  ])('keeps the values of %j in order under %j', async (from, to) => {
    const { value, gradient } = await checkOperation(
      (x) => reshape(x!, to),
      (x) => x,
      [randomValues(randomSource(2), from)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('is the tensor itself under its own shape', () => {
    const x = input('x', ['batch', 3])
    expect(reshape(x, ['batch', 3])).toBe(x)
  })

  it('names both shapes where the sizes differ', () => {
    expect(() => reshape(input('x', [2, 3]), [7])).toThrow(/^reshape: \[2, 3\].*\[7\]/)
    expect(() => reshape(input('x', ['batch', 3]), ['length', 3])).toThrow(/\[batch, 3\].*\[length, 3\]/)
  })
})
