import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { tanh } from './tanh.ts'

describe('tanh', () => {
  it('is tanh x, with its gradient', async () => {
    const { value, gradient } = await checkUnary(tanh, Math.tanh)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
