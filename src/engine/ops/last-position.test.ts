import { expect, it } from 'vitest'
import { evaluate, randomSource, randomValues } from '../testing.ts'
import { lastPosition } from './last-position.ts'

it.each([[[1, 1, 1]], [[2, 5, 3]], [[3, 2, 2, 2]]])('keeps the last step of %o', async (shape) => {
  const x = randomValues(randomSource(5), shape)
  const [batch, length, ...rest] = shape as [number, number, ...number[]]
  const size = rest.reduce((total, dimension) => total * dimension, 1)
  const { data, shape: kept } = await evaluate((input) => lastPosition(input!), [x])
  expect(kept).toEqual([batch, 1, ...rest])
  const expected = Array.from({ length: batch }, (_, row) => [
    ...x.data.subarray(((row + 1) * length - 1) * size, (row + 1) * length * size),
  ]).flat()
  expect([...(data as Float32Array)]).toEqual(expected)
})
