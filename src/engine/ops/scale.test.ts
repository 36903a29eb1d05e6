import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { input } from '../tensor.ts'
import { scale } from './scale.ts'

describe('scale', () => {
  it.each([-1, 0, 0.3, 1e4])('is %s · x, with its gradient', async (factor) => {
    const { value, gradient } = await checkUnary(
      (x) => scale(x, factor),
      (x) => factor * x,
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('costs nothing for a factor of 1', () => {
    const x = input('x', [2])
    expect(scale(x, 1)).toBe(x)
  })
})
