import { describe, expect, it } from 'vitest'
import { broadcastReference } from '../testing-elementwise.ts'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { expand } from './expand.ts'

describe('expand', () => {
  it.each([
    [[], [3]],
    [[1], [1, 1]],
    [
      [2, 1],
      [2, 4],
    ],
    [
      [1, 3, 1],
      [2, 3, 2],
    ],
    [[3], [2, 2, 3]],
  ])('repeats %j to %j, and its gradient sums the repetitions', async (from, to) => {
    const reference = broadcastReference(from, to, (x) => x)
    const { value, gradient } = await checkOperation(
      (x) => expand(x!, to),
      (x) => reference(x, new Float64Array(0)),
      [randomValues(randomSource(6), from)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('names both shapes where one cannot become the other', () => {
    expect(() => expand(input('x', [2, 3]), [2, 4])).toThrow(/^expand: \[2, 3\].*\[2, 4\]/)
    expect(() => expand(input('x', [2, 3]), [1, 3])).toThrow(/^expand: \[2, 3\].*\[1, 3\]/)
    expect(() => expand(input('x', [2, 3]), [3])).toThrow(/^expand: \[2, 3\].*\[3\]/)
  })
})
