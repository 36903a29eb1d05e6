import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkReduction } from '../testing-reduction.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { evaluate, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { reduceMaximum, reduceMinimum } from './reduce-maximum.ts'
import { sum } from './sum.ts'

describe.each([
  { name: 'reduceMaximum', operation: reduceMaximum, formula: Math.max, sign: 1 },
  { name: 'reduceMinimum', operation: reduceMinimum, formula: Math.min, sign: -1 },
])('$name', ({ operation, formula, sign }) => {
  it('is the outermost element over the axes, which takes the gradient', async () => {
    const { value, gradient } = await checkReduction(operation, (values) => formula(...values), { scale: 5 })
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('shares the gradient evenly among equal elements', async () => {
    const data = Float64Array.of(3, 1, 3, 3, -Infinity, 2, -Infinity, 1).map((value) => sign * value)
    const x = { shape: [2, 4], data }
    const slope = await evaluate((x) => gradients(sum(operation(x!, [1]), [0]), [x!])[0]!, [x])
    const third = Math.fround(1 / 3)
    expect([...(slope.data as Float32Array)]).toEqual([third, 0, third, third, 0, 1, 0, 0])
    const all = await evaluate((x) => gradients(operation(x!, [0, 1]), [x!])[0]!, [x])
    expect([...(all.data as Float32Array)]).toEqual([third, 0, third, third, 0, 0, 0, 0])
  })

  it('takes sizes not known yet, and integers', async () => {
    const x = randomValues(randomSource(46), [2, 3, 4])
    for (const axes of [[0], [1], [0, 2]])
      expect(await checkSymbolic((x) => operation(x!, axes), [x], [['batch', 'length', 4]])).toBe(0)
    const integers = { shape: [3], data: Float64Array.of(-5, 2, 9), integer: true }
    const result = await evaluate((x) => operation(x!, [0]), [integers])
    expect(result.data[0]).toBe(sign === 1 ? 9n : -5n)
  })

  it('has the shape of what is left, or axes of size 1', () => {
    const x = input('x', ['batch', 3, 4])
    expect(operation(x, [1]).shape).toEqual(['batch', 4])
    expect(operation(x, [-1, 1], true).shape).toEqual(['batch', 1, 1])
    expect(operation(x, [])).toBe(x)
    expect(() => operation(x, [3])).toThrow(/axis 3 does not exist in a tensor of 3 axes/)
  })
})
