import { describe, expect, it } from 'vitest'
import { checkReduction, reductions } from '../testing-reduction.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { evaluate, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { variance } from './variance.ts'

function reference(correction: number) {
  return (values: readonly number[]) => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length
    return values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - correction)
  }
}

/** Without the case of one element only, which has no estimate. */
const several = reductions.filter(({ shape, positive }) => positive.some((axis) => shape[axis]! > 1))

describe('variance', () => {
  it.each([
    { correction: 0, cases: reductions },
    { correction: 1, cases: several },
    { correction: 0.5, cases: several },
  ])('takes $correction from n, with its gradient', async ({ correction, cases }) => {
    const { value, gradient } = await checkReduction(
      (x, axes, keepDimensions) => variance(x, axes, { correction, keepDimensions }),
      reference(correction),
      { cases, offset: 0.5 },
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('estimates from a sample by default, exactly where the mean is large', async () => {
    const x = { shape: [4], data: Float64Array.of(10_001, 10_002, 10_003, 10_006) }
    const result = await evaluate((x) => variance(x!, [0]), [x])
    expect(result.shape).toEqual([])
    expect(result.data[0]).toBeCloseTo(14 / 3, 5)
  })

  it('takes sizes not known yet', async () => {
    const x = randomValues(randomSource(45), [3, 4])
    for (const axes of [[0], [1], [0, 1]])
      expect(await checkSymbolic((x) => variance(x!, axes), [x], [['batch', 'length']])).toBeLessThan(1e-6)
  })

  it('asks for more elements than the correction', () => {
    const x = input('x', [3, 1])
    expect(() => variance(x, [1])).toThrow(
      'variance: a correction of 1 needs more elements than [1] of [3, 1] has',
    )
    expect(() => variance(x, [0, 1], { correction: 3 })).toThrow(/correction of 3.*\[0, 1\]/)
    expect(variance(x, [1], { correction: 0, keepDimensions: true }).shape).toEqual([3, 1])
  })
})
