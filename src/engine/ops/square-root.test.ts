import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { squareRoot } from './square-root.ts'
import { sum } from './sum.ts'

describe('squareRoot', () => {
  it('is √x, with its gradient', async () => {
    const { value, gradient } = await checkUnary(squareRoot, Math.sqrt, { scale: 2, offset: 2.5 })
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('is 0 at 0 with an infinite slope, and not a number below', async () => {
    const x = { shape: [3], data: Float64Array.of(0, 1e30, -1) }
    const y = await evaluate((x) => squareRoot(x!), [x])
    expect([...(y.data as Float32Array)]).toEqual([0, Math.fround(1e15), Number.NaN])
    const slope = await evaluate((x) => gradients(sum(squareRoot(x!), [0]), [x!])[0]!, [x])
    expect(slope.data[0]).toBe(Infinity)
  })
})
