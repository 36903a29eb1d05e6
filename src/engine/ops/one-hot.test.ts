import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomIntegers, randomSource } from '../testing.ts'
import { input } from '../tensor.ts'
import { oneHot } from './one-hot.ts'

describe('oneHot', () => {
  it.each([
    { shape: [], classes: 3 },
    { shape: [1], classes: 1 },
    { shape: [5], classes: 4 },
    { shape: [2, 1, 3], classes: 7 },
    { shape: [0], classes: 2 },
  ])('is 1 at each index of $shape among $classes', async ({ shape, classes }) => {
    const { value } = await checkOperation(
      (indices) => oneHot(indices!, classes),
      (indices) =>
        [...indices].flatMap((index) => Array.from({ length: classes }, (_, at) => (at === index ? 1 : 0))),
      [randomIntegers(randomSource(67), shape, classes)],
    )
    expect(value).toBe(0)
  })

  it('takes sizes not known yet', async () => {
    const indices = randomIntegers(randomSource(68), [2, 3], 5)
    expect(oneHot(input('i', ['batch', 'length'], 'int64'), 5).shape).toEqual(['batch', 'length', 5])
    expect(await checkSymbolic((i) => oneHot(i!, 5), [indices], [['batch', 'length']])).toBe(0)
  })

  it('refuses an index beyond the classes, and what is not an index', async () => {
    const beyond = { shape: [1], data: Float64Array.of(3), integer: true }
    await expect(evaluate((i) => oneHot(i!, 3), [beyond])).rejects.toThrow(/bounds|range/)
    const indices = input('i', [2], 'int64')
    for (const classes of [0, 1.5])
      expect(() => oneHot(indices, classes)).toThrow(`given int64 and ${classes}`)
    expect(() => oneHot(input('i', [2]), 3)).toThrow('given float32 and 3')
  })
})
