import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkOperation, evaluate, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { embedding } from './embedding.ts'
import { sum } from './sum.ts'

function reference(width: number) {
  return (table: Float64Array, ids: Float64Array) =>
    [...ids].flatMap((id) => Array.from(table.slice(id * width, (id + 1) * width)))
}

describe('embedding', () => {
  it.each([
    { vocabulary: 1, width: 1, ids: [1] },
    { vocabulary: 5, width: 3, ids: [4] },
    { vocabulary: 7, width: 2, ids: [2, 3] },
    // More ids than rows: some are read more than once, and each reading adds to the gradient.
    { vocabulary: 2, width: 4, ids: [3, 1, 5] },
  ])(
    'reads rows of $vocabulary × $width by ids of $ids, with its gradient',
    async ({ vocabulary, width, ids }) => {
      const random = randomSource(18)
      const { value, gradient } = await checkOperation(
        (table, ids) => embedding(table!, ids!),
        reference(width),
        [randomValues(random, [vocabulary, width]), randomIntegers(random, ids, vocabulary)],
      )
      expect(value).toBe(0)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('adds every repetition of an id exactly, however many there are', async () => {
    const ids = randomIntegers(randomSource(19), [30_000], 3)
    const table = randomValues(randomSource(20), [4, 64])
    const result = await evaluate(
      (table, ids) => gradients(sum(embedding(table!, ids!), [0, 1]), [table!])[0]!,
      [table, ids],
    )
    const expected = [0, 1, 2, 3].flatMap((row) => {
      const count = ids.data.filter((id) => id === row).length
      return Array.from({ length: 64 }, () => count)
    })
    expect([...(result.data as Float32Array)]).toEqual(expected)
  })

  it('names the shapes and types that do not fit', () => {
    const table = input('table', [5, 2])
    expect(() => embedding(table, input('ids', [3]))).toThrow(
      /\[5, 2\] cannot be read by ids of float32 \[3\]/,
    )
    expect(() => embedding(input('table', [5]), input('ids', [3], 'int64'))).toThrow(/\[5\].*int64 \[3\]/)
  })
})
