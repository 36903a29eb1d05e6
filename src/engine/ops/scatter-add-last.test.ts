import { describe, expect, it } from 'vitest'
import { evaluate, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { scatterAddLast } from './scatter-add-last.ts'

describe('scatterAddLast', () => {
  it.each([
    { rows: 1, width: 1, count: 3 },
    { rows: 4, width: 7, count: 20 },
  ])('adds each value at its index, repeated ones too, for %o', async ({ rows, width, count }) => {
    const random = randomSource(8)
    const x = randomValues(random, [rows, width])
    const indices = randomIntegers(random, [rows, count], width)
    const values = randomValues(random, [rows, count])
    const { data } = await evaluate((a, i, v) => scatterAddLast(a!, i!, v!), [x, indices, values])
    const expected = Float64Array.from(x.data)
    values.data.forEach((value, place) => {
      expected[Math.floor(place / count) * width + indices.data[place]!]! += value
    })
    expected.forEach((value, place) => expect(data[place]).toBeCloseTo(value, 5))
  })

  it('names the shapes that do not fit', async () => {
    const random = randomSource(1)
    const inputs = [
      randomValues(random, [2, 3]),
      randomIntegers(random, [2, 2], 3),
      randomValues(random, [2, 1]),
    ]
    await expect(evaluate((a, i, v) => scatterAddLast(a!, i!, v!), inputs)).rejects.toThrow(
      /\[2, 2\].*\[2, 1\]/,
    )
  })
})
