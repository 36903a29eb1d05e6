import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { gradients } from '../gradient.ts'
import { relu } from './relu.ts'
import { sum } from './sum.ts'

describe('relu', () => {
  it('is max(x, 0), with its gradient', async () => {
    const { value, gradient } = await checkUnary(relu, (x) => Math.max(x, 0))
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('has gradient 0 at 0, as the usual convention is', async () => {
    const x = { shape: [4], data: Float64Array.of(-2, 0, 1e-30, 3) }
    const slope = await evaluate((x) => gradients(sum(relu(x!), [0]), [x!])[0]!, [x])
    expect([...(slope.data as Float32Array)]).toEqual([0, 0, 1, 1])
  })
})
