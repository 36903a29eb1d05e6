import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { sine } from './sine.ts'

describe('sine', () => {
  it.each([4, 1000])('is sin x for x up to ± %s, with its gradient', async (scale) => {
    const { value, gradient } = await checkUnary(sine, Math.sin, { scale })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
