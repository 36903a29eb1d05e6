import { describe, expect, it } from 'vitest'
import { broadcastPairs, broadcastReference } from '../testing-elementwise.ts'
import { checkOperation, evaluate, randomIntegers, randomSource } from '../testing.ts'
import { input } from '../tensor.ts'
import { greater, greaterOrEqual, less, lessOrEqual } from './comparisons.ts'

const comparisons = [
  { name: 'less', operation: less, formula: (x: number, y: number) => (x < y ? 1 : 0) },
  { name: 'lessOrEqual', operation: lessOrEqual, formula: (x: number, y: number) => (x <= y ? 1 : 0) },
  { name: 'greater', operation: greater, formula: (x: number, y: number) => (x > y ? 1 : 0) },
  { name: 'greaterOrEqual', operation: greaterOrEqual, formula: (x: number, y: number) => (x >= y ? 1 : 0) },
]

describe.each(comparisons)('$name', ({ name, operation, formula }) => {
  it.each(broadcastPairs)('is 1 where it holds for integers of %j and %j', async (a, b) => {
    const random = randomSource(5)
    const { value } = await checkOperation((x, y) => operation(x!, y!), broadcastReference(a, b, formula), [
      randomIntegers(random, a, 3),
      randomIntegers(random, b, 3),
    ])
    expect(value).toBe(0)
  })

  it('compares real numbers exactly', async () => {
    const a = { shape: [6], data: Float64Array.of(1, 1 + 2 ** -23, -0, -Infinity, 2, Number.NaN) }
    const b = { shape: [6], data: Float64Array.of(1 + 2 ** -23, 1, 0, 1, Infinity, 1) }
    const result = await evaluate((x, y) => operation(x!, y!), [a, b])
    const expected = [...a.data].map((value, index) => formula(value, b.data[index]!))
    expect([...(result.data as Float32Array)]).toEqual(expected)
  })

  it('lets no gradient through and names what does not go together', () => {
    const x = input('x', [2], 'float32', true)
    expect(operation(x, x).requiresGradient).toBe(false)
    expect(() => operation(x, input('y', [3]))).toThrow(`${name}: float32 [2] and float32 [3]`)
    expect(() => operation(x, input('y', [2], 'int64'))).toThrow(`${name}: float32 [2] and int64 [2]`)
  })
})
