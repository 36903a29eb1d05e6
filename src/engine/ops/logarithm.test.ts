import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { logarithm } from './logarithm.ts'

describe('logarithm', () => {
  it('is ln x, with its gradient', async () => {
    const { value, gradient } = await checkUnary(logarithm, Math.log, { scale: 1.9, offset: 2 })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
