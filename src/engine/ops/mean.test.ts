import { describe, expect, it } from 'vitest'
import { checkReduction } from '../testing-reduction.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { mean } from './mean.ts'

const average = (values: readonly number[]) =>
  values.reduce((total, value) => total + value, 0) / values.length

describe('mean', () => {
  it('is Σ / n over the axes, with its gradient', async () => {
    const { value, gradient } = await checkReduction(mean, average)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it.each([[[0]], [[1]], [[0, 1]], [[0, 2]], [[-1, 0, 1]]])(
    'counts over %j when the program runs where it must',
    async (axes) => {
      const x = randomValues(randomSource(44), [2, 5, 3])
      for (const keepDimensions of [false, true]) {
        const operation = (x: Parameters<typeof mean>[0]) => mean(x, axes, keepDimensions)
        expect(await checkSymbolic((x) => operation(x!), [x], [['batch', 'length', 3]])).toBe(0)
      }
    },
  )

  it('has the shape of what is left, or axes of size 1', () => {
    const x = input('x', ['batch', 3, 4])
    expect(mean(x, [0, 1]).shape).toEqual([4])
    expect(mean(x, [1], true).shape).toEqual(['batch', 1, 4])
    expect(mean(x, [])).toBe(x)
    expect(() => mean(x, [3])).toThrow(/axis 3 does not exist/)
  })
})
