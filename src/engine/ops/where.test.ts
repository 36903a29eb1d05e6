import { describe, expect, it } from 'vitest'
import { broadcastShapes } from '../dimension.ts'
import { gradients } from '../gradient.ts'
import { compile } from '../lowering.ts'
import { broadcastReference } from '../testing-elementwise.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomSource, randomValues, type Values } from '../testing.ts'
import { constant, input } from '../tensor.ts'
import { less } from './comparisons.ts'
import { sum } from './sum.ts'
import { where } from './where.ts'

const random = randomSource(42)

function condition(shape: readonly number[]): Values {
  const data = randomValues(random, shape).data.map((value) => (value > 0 ? 1 : 0))
  return { shape, data, fixed: true }
}

describe('where', () => {
  it.each([
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[3, 1], [1, 4], []],
    [[], [2], [2]],
    [
      [2, 1],
      [1, 4],
      [3, 1, 1],
    ],
    [[4], [2, 1, 4], [1]],
    [[1], [1, 1], [1]],
  ] as const)('chooses by a condition of %j between %j and %j, with its gradients', async (c, a, b) => {
    // The first half leaves a gap where b is wanted, which the second fills.
    const common = broadcastShapes(c, a) as number[]
    const chosen = broadcastReference(c, a, (holds, x) => (holds === 1 ? x : Number.NaN))
    const filled = broadcastReference(common, b, (x, y) => (Number.isNaN(x) ? y : x))
    const { value, gradient } = await checkOperation(
      (c, a, b) => where(c!, a!, b!),
      (c, a, b) => filled(chosen(c, a), b),
      [condition(c), randomValues(random, a), randomValues(random, b)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('has finite gradients where what was not chosen is infinite', async () => {
    const c: Values = { shape: [4], data: Float64Array.of(1, 0, 0, 1), fixed: true }
    const a: Values = { shape: [4], data: Float64Array.of(1, Infinity, Number.NaN, 4) }
    const b: Values = { shape: [4], data: Float64Array.of(-Infinity, 2, 3, Number.NaN) }
    const y = await evaluate((c, a, b) => where(c!, a!, b!), [c, a, b])
    expect([...(y.data as Float32Array)]).toEqual([1, 2, 3, 4])
    const slope = (operand: number) =>
      evaluate((c, a, b) => gradients(sum(where(c!, a!, b!), [0]), [[a!, b!][operand]!])[0]!, [c, a, b])
    expect([...((await slope(0)).data as Float32Array)]).toEqual([1, 0, 0, 1])
    expect([...((await slope(1)).data as Float32Array)]).toEqual([0, 1, 1, 0])
  })

  it('takes bool as it is, and a comparison without a way there and back', async () => {
    const x: Values = { shape: [3], data: Float64Array.of(1, 2, 3) }
    const y: Values = { shape: [3], data: Float64Array.of(3, 2, 1) }
    const mask = constant(Uint8Array.of(0, 1, 0), [3])
    const result = await evaluate((x, y) => where(mask, x!, y!), [x, y])
    expect([...(result.data as Float32Array)]).toEqual([3, 2, 1])
    const smaller = await evaluate((x, y) => where(less(x!, y!), x!, y!), [x, y])
    expect([...(smaller.data as Float32Array)]).toEqual([1, 2, 1])
    const [a, b] = [input('a', [3]), input('b', [3])]
    expect(compile({ output: where(less(a, b), a, b) }).nodeCount).toBe(2)
  })

  it('takes sizes not known yet', async () => {
    const inputs = [condition([2, 1]), randomValues(random, [2, 3]), randomValues(random, [1, 3])]
    const shapes = [
      ['batch', 1],
      ['batch', 'length'],
      [1, 'length'],
    ]
    expect(await checkSymbolic((c, a, b) => where(c!, a!, b!), inputs, shapes)).toBe(0)
  })

  it('names what does not go together', () => {
    const [c, x] = [input('c', [2]), input('x', [2])]
    expect(() => where(c, x, input('y', [3]))).toThrow(
      'where: a condition of float32 [2] does not go together with float32 [2] and float32 [3]',
    )
    expect(() => where(input('c', [3]), x, x)).toThrow(/condition of float32 \[3\]/)
    expect(() => where(input('c', [2], 'int64'), x, x)).toThrow(/condition of int64 \[2\]/)
    expect(() => where(c, x, input('y', [2], 'int64'))).toThrow(/float32 \[2\] and int64 \[2\]/)
  })
})
