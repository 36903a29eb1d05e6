import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { sigmoid } from './sigmoid.ts'

describe('sigmoid', () => {
  it('is 1 / (1 + e⁻ˣ), with its gradient', async () => {
    const { value, gradient } = await checkUnary(sigmoid, (x) => 1 / (1 + Math.exp(-x)))
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
