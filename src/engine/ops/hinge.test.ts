import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { hinge } from './hinge.ts'
import { sum } from './sum.ts'

describe('hinge', () => {
  it.each([1, 0, 2.5])('is max(0, %s − x), with its gradient', async (margin) => {
    const { value, gradient } = await checkUnary(
      (x) => hinge(x, margin),
      (x) => Math.max(0, margin - x),
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('has a margin of 1 by default, and no gradient once it is reached', async () => {
    const x = { shape: [4], data: Float64Array.of(-1, 0.5, 1, 100) }
    const y = await evaluate((x) => hinge(x!), [x])
    expect([...(y.data as Float32Array)]).toEqual([2, 0.5, 0, 0])
    const slope = await evaluate((x) => gradients(sum(hinge(x!), [0]), [x!])[0]!, [x])
    expect([...(slope.data as Float32Array)].map((value) => value + 0)).toEqual([-1, -1, 0, 0])
  })
})
