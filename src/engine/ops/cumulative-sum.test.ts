import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { cumulativeSum, type CumulativeSumOptions } from './cumulative-sum.ts'

/** Each element of a tensor seen as [outer, size, inner] is the sum of those that are to be counted for it. */
function reference(size: number, inner: number, { exclusive, reverse }: CumulativeSumOptions) {
  return (x: Float64Array) =>
    x.map((_, index) => {
      const at = Math.floor(index / inner) % size
      const start = index - at * inner
      let total = 0
      for (let other = 0; other < size; other++) {
        const counted = reverse ? other >= at : other <= at
        if (counted && !(exclusive && other === at)) total += x[start + other * inner]!
      }
      return total
    })
}

const everyOption = [false, true].flatMap((exclusive) =>
  [false, true].map((reverse) => ({ exclusive, reverse })),
)

describe('cumulativeSum', () => {
  it.each(everyOption)('adds up along an axis, with its gradient, for %o', async (options) => {
    const random = randomSource(59)
    for (const [shape, axis, inner] of [
      [[5], 0, 1],
      [[2, 4], -1, 1],
      [[3, 2, 4], 0, 8],
      [[2, 3, 4], 1, 4],
      [[2, 1, 3], 1, 3],
    ] as const) {
      const { value, gradient } = await checkOperation(
        (x) => cumulativeSum(x!, axis, options),
        reference(shape.at(axis)!, inner, options),
        [randomValues(random, shape)],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('includes the element and starts in front by default', async () => {
    const { value } = await checkOperation((x) => cumulativeSum(x!, 0), reference(4, 1, {}), [
      randomValues(randomSource(60), [4]),
    ])
    expect(value).toBeLessThan(1e-6)
  })

  it('takes sizes not known yet, and names an axis that is not there', async () => {
    const x = randomValues(randomSource(61), [2, 3])
    expect(await checkSymbolic((x) => cumulativeSum(x!, 1), [x], [['batch', 'length']])).toBe(0)
    expect(() => cumulativeSum(input('x', [2]), 1)).toThrow(/axis 1 does not exist in a tensor of 1 axes/)
  })
})
