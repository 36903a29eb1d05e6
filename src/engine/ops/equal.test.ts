import { describe, expect, it } from 'vitest'
import { broadcastPairs, broadcastReference } from '../testing-elementwise.ts'
import { checkOperation, evaluate, randomIntegers, randomSource } from '../testing.ts'
import { input } from '../tensor.ts'
import { equal } from './equal.ts'

describe('equal', () => {
  it.each(broadcastPairs)('is 1 where integers of %j and %j agree', async (a, b) => {
    const random = randomSource(5)
    const { value } = await checkOperation(
      (x, y) => equal(x!, y!),
      broadcastReference(a, b, (x, y) => (x === y ? 1 : 0)),
      [randomIntegers(random, a, 3), randomIntegers(random, b, 3)],
    )
    expect(value).toBe(0)
  })

  it('compares real numbers exactly', async () => {
    const a = { shape: [3], data: Float64Array.of(0.5, 1, -0) }
    const b = { shape: [3], data: Float64Array.of(0.5, 1 + 2 ** -23, 0) }
    const result = await evaluate((x, y) => equal(x!, y!), [a, b])
    expect([...(result.data as Float32Array)]).toEqual([1, 0, 1])
  })

  it('lets no gradient through and names shapes that do not go together', () => {
    const x = input('x', [2], 'float32', true)
    expect(equal(x, x).requiresGradient).toBe(false)
    expect(() => equal(x, input('y', [3]))).toThrow(/^equal: .*\[2\].*\[3\]/)
  })
})
