import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { input } from '../tensor.ts'
import { sign } from './sign.ts'

describe('sign', () => {
  it('is −1, 0 or 1', async () => {
    expect((await checkUnary(sign, Math.sign)).value).toBe(0)
    const x = { shape: [5], data: Float64Array.of(-Infinity, -1e-30, 0, 1e-30, 1e30) }
    const y = await evaluate((x) => sign(x!), [x])
    expect([...(y.data as Float32Array)]).toEqual([-1, -1, 0, 1, 1])
  })

  it('lets no gradient through', () => {
    expect(sign(input('x', [2], 'float32', true)).requiresGradient).toBe(false)
  })
})
