import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { sum } from './sum.ts'
import { topK } from './top-k.ts'

/** Places of the k largest of each row, the largest first. */
function places(x: Float64Array, width: number, k: number): number[][] {
  return Array.from({ length: x.length / width }, (_, row) => {
    const values = x.subarray(row * width, (row + 1) * width)
    return [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, k)
  })
}

describe('topK', () => {
  it.each([
    { shape: [1], k: 1 },
    { shape: [6], k: 3 },
    { shape: [2, 5], k: 5 },
    { shape: [2, 1, 7], k: 2 },
    { shape: [3, 1], k: 1 },
  ])('takes the $k largest of the last axis of $shape, with the gradient', async ({ shape, k }) => {
    const width = shape.at(-1)!
    const x = randomValues(randomSource(57), shape, 9)
    const { value, gradient } = await checkOperation(
      (x) => topK(x!, k).values,
      (x) => places(x, width, k).flatMap((row, index) => row.map((place) => x[index * width + place]!)),
      [x],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
    const indices = await evaluate((x) => topK(x!, k).indices, [x])
    expect(indices.shape).toEqual([...shape.slice(0, -1), k])
    expect(Array.from(indices.data, Number)).toEqual(places(x.data, width, k).flat())
  })

  it('takes the first of equal elements, and its gradient goes there', async () => {
    const x = { shape: [6], data: Float64Array.of(1, 7, -Infinity, 7, 7, 2) }
    const indices = await evaluate((x) => topK(x!, 2).indices, [x])
    expect(Array.from(indices.data, Number)).toEqual([1, 3])
    const slope = await evaluate((x) => gradients(sum(topK(x!, 2).values, [0]), [x!])[0]!, [x])
    expect([...(slope.data as Float32Array)]).toEqual([0, 1, 0, 1, 0, 0])
  })

  it('takes sizes not known yet', async () => {
    const x = randomValues(randomSource(58), [2, 3, 5])
    expect(await checkSymbolic((x) => topK(x!, 2).values, [x], [['batch', 'length', 5]])).toBe(0)
    expect(await checkSymbolic((x) => topK(x!, 2).values, [x], [['batch', 3, 'classes']])).toBe(0)
  })

  it('lets nothing flow back through the indices, and refuses a k that cannot be', () => {
    const x = input('x', [2, 3], 'float32', true)
    expect(topK(x, 1).indices.requiresGradient).toBe(false)
    expect(topK(x, 1).values.requiresGradient).toBe(true)
    for (const k of [0, 4, 1.5, -1])
      expect(() => topK(x, k)).toThrow(`topK: ${k} elements cannot be taken of the last axis of [2, 3]`)
    expect(() => topK(input('x', []), 1)).toThrow(/last axis of \[\]/)
  })
})
