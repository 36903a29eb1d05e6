import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { meanSquaredError } from './mean-squared-error.ts'

describe('meanSquaredError', () => {
  it.each([[[]], [[1]], [[5]], [[2, 1, 3]]])(
    'is the mean of the squares of the differences of %j, with its gradients',
    async (shape) => {
      const random = randomSource(72)
      const { value, gradient } = await checkOperation(
        (a, b) => meanSquaredError(a!, b!),
        (a, b) => [a.reduce((total, value, index) => total + (value - b[index]!) ** 2, 0) / a.length],
        [randomValues(random, shape, 2), randomValues(random, shape, 2)],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('takes sizes not known yet, and refuses to broadcast', async () => {
    const random = randomSource(73)
    const inputs = [randomValues(random, [2, 3]), randomValues(random, [2, 3])]
    const shapes = [
      ['batch', 'length'],
      ['batch', 'length'],
    ]
    expect(await checkSymbolic((a, b) => meanSquaredError(a!, b!), inputs, shapes)).toBeLessThan(1e-6)
    expect(() => meanSquaredError(input('a', [3]), input('b', [3, 1]))).toThrow(
      'meanSquaredError: a prediction of [3] does not have the shape of its target, [3, 1]',
    )
  })
})
