import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkUnary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { input } from '../tensor.ts'
import { clip } from './clip.ts'
import { sum } from './sum.ts'

describe('clip', () => {
  it.each([
    [-1.5, 2],
    [0.1, Infinity],
    [-Infinity, -0.3],
    [0.7, 0.7],
  ])('holds x within %s and %s, with its gradient', async (lowest, highest) => {
    const { value, gradient } = await checkUnary(
      (x) => clip(x, lowest, highest),
      (x) => Math.min(Math.max(x, lowest), highest),
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('passes the gradient on at the bounds, and nowhere outside', async () => {
    const x = { shape: [6], data: Float64Array.of(-Infinity, -1, -0.5, 2, 2.0001, 1e30) }
    const slope = await evaluate((x) => gradients(sum(clip(x!, -1, 2), [0]), [x!])[0]!, [x])
    expect([...(slope.data as Float32Array)]).toEqual([0, 1, 1, 1, 0, 0])
  })

  it('refuses bounds that leave nothing', () => {
    const x = input('x', [2])
    expect(() => clip(x, 2, 1)).toThrow('clip: the lowest value 2 is not below the highest, 1')
    expect(() => clip(x, Number.NaN, 1)).toThrow('the lowest value NaN')
  })
})
