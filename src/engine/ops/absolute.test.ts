import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { absolute } from './absolute.ts'
import { sum } from './sum.ts'

describe('absolute', () => {
  it('is |x|, with its gradient', async () => {
    const { value, gradient } = await checkUnary(absolute, Math.abs)
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('has gradient 0 at 0', async () => {
    const x = { shape: [4], data: Float64Array.of(-2, 0, 1e-30, 1e30) }
    const slope = await evaluate((x) => gradients(sum(absolute(x!), [0]), [x!])[0]!, [x])
    expect([...(slope.data as Float32Array)]).toEqual([-1, 0, 1, 1])
  })
})
