import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { exponential } from './exponential.ts'

describe('exponential', () => {
  it('is eˣ, with its gradient', async () => {
    const { value, gradient } = await checkUnary(exponential, Math.exp)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
