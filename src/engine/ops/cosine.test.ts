import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { cosine } from './cosine.ts'

describe('cosine', () => {
  it.each([4, 1000])('is cos x for x up to ± %s, with its gradient', async (scale) => {
    const { value, gradient } = await checkUnary(cosine, Math.cos, { scale })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })
})
