import { describe, expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { input } from '../tensor.ts'
import { softCap } from './soft-cap.ts'

describe('softCap', () => {
  it.each([0.5, 3, 30])('is cap · tanh(x / cap) for a cap of %s, with its gradient', async (cap) => {
    const { value, gradient } = await checkUnary(
      (x) => softCap(x, cap),
      (x) => cap * Math.tanh(x / cap),
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('never goes beyond the cap', async () => {
    const x = { shape: [4], data: Float64Array.of(-Infinity, -1e4, 1e4, 1e30) }
    const y = await evaluate((x) => softCap(x!, 50), [x])
    expect([...(y.data as Float32Array)]).toEqual([-50, -50, 50, 50])
  })

  it.each([0, -1, Number.NaN])('refuses a cap of %s', (cap) => {
    expect(() => softCap(input('x', [1]), cap)).toThrow(`softCap: the cap must be above 0, given ${cap}`)
  })
})
