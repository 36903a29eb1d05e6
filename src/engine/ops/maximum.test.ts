import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkBinary } from '../testing-elementwise.ts'
import { evaluate } from '../testing.ts'
import { input } from '../tensor.ts'
import { maximum, minimum } from './maximum.ts'
import { sum } from './sum.ts'

const integers = (...values: number[]) => ({
  shape: [values.length],
  data: Float64Array.from(values),
  integer: true,
})

const pairs = [
  {
    name: 'maximum',
    operation: maximum,
    formula: Math.max,
    end: Infinity,
    slope: [0, 0.5, 1, 1],
    whole: [1n, 2n],
  },
  {
    name: 'minimum',
    operation: minimum,
    formula: Math.min,
    end: -Infinity,
    slope: [1, 0.5, 0, 1],
    whole: [-3n, -5n],
  },
]

describe.each(pairs)('$name', ({ name, operation, formula, end, slope, whole }) => {
  it('is one of the two under broadcasting, which takes the gradient', async () => {
    const { value, gradient } = await checkBinary(operation, formula)
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('shares the gradient of equal operands by halves', async () => {
    const a = { shape: [2, 2], data: Float64Array.of(1, 2, 3, end) }
    const b = { shape: [1], data: Float64Array.of(2) }
    const slopeOf = (operand: number) =>
      evaluate((x, y) => gradients(sum(operation(x!, y!), [0, 1]), [[x!, y!][operand]!])[0]!, [a, b])
    expect([...((await slopeOf(0)).data as Float32Array)]).toEqual(slope)
    expect([...((await slopeOf(1)).data as Float32Array)]).toEqual([1.5])
  })

  it('takes integers, and names what does not go together', async () => {
    const result = await evaluate((x, y) => operation(x!, y!), [integers(1, -5), integers(-3, 2)])
    expect([...(result.data as BigInt64Array)]).toEqual(whole)
    expect(() => operation(input('a', [2]), input('b', [3]))).toThrow(
      new RegExp(`^${name}: .*\\[2\\].*\\[3\\]`),
    )
  })
})
