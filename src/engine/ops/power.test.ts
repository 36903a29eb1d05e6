import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { input } from '../tensor.ts'
import { power } from './power.ts'
import { sum } from './sum.ts'

describe('power', () => {
  it.each([
    { exponent: 2, offset: 0 },
    { exponent: 3, offset: 0 },
    { exponent: 0, offset: 0 },
    { exponent: 1, offset: 0 },
    { exponent: 0.5, offset: 5 },
    { exponent: -1, offset: -5 },
    { exponent: -2.5, offset: 5 },
  ])('is x to the power $exponent around $offset, with its gradient', async ({ exponent, offset }) => {
    const { value, gradient } = await checkUnary(
      (x) => power(x, exponent),
      (x) => x ** exponent,
      { offset },
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it.each([
    { exponent: 0, values: [1, 1, 1], slopes: [0, 0, 0] },
    { exponent: 2, values: [0, 4, 1e20], slopes: [0, -4, 2e10] },
    { exponent: 3, values: [0, -8, 1e30], slopes: [0, 12, 3e20] },
  ])('is right at 0 and far out for $exponent', async ({ exponent, values, slopes }) => {
    const x = { shape: [3], data: Float64Array.of(0, -2, 1e10) }
    const y = await evaluate((x) => power(x!, exponent), [x])
    const slope = await evaluate((x) => gradients(sum(power(x!, exponent), [0]), [x!])[0]!, [x])
    const near = (actual: ArrayLike<unknown>, expected: number[]) =>
      expected.every((value, index) => Math.abs(Number(actual[index]) - value) <= 1e-6 * Math.abs(value))
    expect(near(y.data, values)).toBe(true)
    expect(near(slope.data, slopes)).toBe(true)
  })

  it('costs nothing for an exponent of 1', () => {
    const x = input('x', [2])
    expect(power(x, 1)).toBe(x)
  })
})
