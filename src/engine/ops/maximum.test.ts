import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkBinary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { input } from '../tensor.ts'
import { maximum } from './maximum.ts'
import { sum } from './sum.ts'

describe('maximum', () => {
  it('is the larger under broadcasting, which takes the gradient', async () => {
    const { value, gradient } = await checkBinary(maximum, Math.max)
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('shares the gradient of equal operands by halves', async () => {
    const a = { shape: [2, 2], data: Float64Array.of(1, 2, 3, Infinity) }
    const b = { shape: [1], data: Float64Array.of(2) }
    const slope = (operand: number) =>
      evaluate((x, y) => gradients(sum(maximum(x!, y!), [0, 1]), [[x!, y!][operand]!])[0]!, [a, b])
    expect([...((await slope(0)).data as Float32Array)]).toEqual([0, 0.5, 1, 1])
    expect([...((await slope(1)).data as Float32Array)]).toEqual([1.5])
  })

  it('takes integers, and names what does not go together', async () => {
    const integers = (...values: number[]) => ({
      shape: [values.length],
      data: Float64Array.from(values),
      integer: true,
    })
    const result = await evaluate((x, y) => maximum(x!, y!), [integers(1, -5), integers(-3, 2)])
    expect([...(result.data as BigInt64Array)]).toEqual([1n, 2n])
    expect(() => maximum(input('a', [2]), input('b', [3]))).toThrow(/^maximum: .*\[2\].*\[3\]/)
  })
})
