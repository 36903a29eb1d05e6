import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { klDivergence } from './kl-divergence.ts'
import { logSoftmax } from './log-softmax.ts'
import { sum } from './sum.ts'

/** Σ p · (ln p − ln q) of each row of the logarithms, which need not be normalized for the formula to hold. */
function reference(width: number) {
  return (p: Float64Array, q: Float64Array) =>
    Array.from({ length: p.length / width }, (_, row) => {
      let total = 0
      for (let at = row * width; at < (row + 1) * width; at++) total += Math.exp(p[at]!) * (p[at]! - q[at]!)
      return total
    })
}

describe('klDivergence', () => {
  it.each([[[1]], [[5]], [[3, 1]], [[2, 7]], [[2, 3, 4]]])(
    'is Σ p · (ln p − ln q) over the last axis of %j, with its gradients',
    async (shape) => {
      const random = randomSource(69)
      const { value, gradient } = await checkOperation(
        (p, q) => klDivergence(p!, q!),
        reference(shape.at(-1)!),
        [randomValues(random, shape, 1, -1), randomValues(random, shape, 1, -1)],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('is 0 for equal distributions, above 0 for others, and flat where they are equal', async () => {
    const random = randomSource(70)
    const [p, q] = [randomValues(random, [2, 5], 3), randomValues(random, [2, 5], 3)]
    const same = await evaluate((p) => klDivergence(logSoftmax(p!), logSoftmax(p!)), [p])
    expect([...(same.data as Float32Array)]).toEqual([0, 0])
    const other = await evaluate((p, q) => klDivergence(logSoftmax(p!), logSoftmax(q!)), [p, q])
    expect((other.data as Float32Array).every((value) => value > 0)).toBe(true)
    const slope = await evaluate(
      (p, q) => gradients(sum(klDivergence(logSoftmax(p!), logSoftmax(q!)), [0]), [q!])[0]!,
      [p, p],
    )
    expect((slope.data as Float32Array).every((value) => Math.abs(value) < 1e-6)).toBe(true)
  })

  it('counts nothing where p is 0, and is infinite where only q is', async () => {
    const p = { shape: [2, 2], data: Float64Array.of(-Infinity, 0, -Infinity, 0) }
    const q = { shape: [2, 2], data: Float64Array.of(-Infinity, -1, -2, -Infinity) }
    const result = await evaluate((p, q) => klDivergence(p!, q!), [p, q])
    expect([...(result.data as Float32Array)]).toEqual([1, Infinity])
    const finite = { shape: [2, 2], data: Float64Array.of(-Infinity, -1, -2, -3) }
    for (const operand of [0, 1]) {
      const slope = await evaluate(
        (p, q) => gradients(sum(klDivergence(p!, q!), [0]), [[p!, q!][operand]!])[0]!,
        [p, finite],
      )
      expect(Array.from(slope.data as Float32Array, (value) => value + 0)).toEqual(
        operand === 0 ? [0, 2, 0, 4] : [0, -1, 0, -1],
      )
    }
  })

  it('takes sizes not known yet, and names shapes that differ', async () => {
    const random = randomSource(71)
    const inputs = [randomValues(random, [2, 3]), randomValues(random, [2, 3])]
    const shapes = [
      ['batch', 'classes'],
      ['batch', 'classes'],
    ]
    expect(await checkSymbolic((p, q) => klDivergence(p!, q!), inputs, shapes)).toBeLessThan(1e-6)
    expect(() => klDivergence(input('p', [2, 3]), input('q', [1, 3]))).toThrow(
      'klDivergence: [2, 3] and [1, 3] are not two distributions of one shape',
    )
    expect(() => klDivergence(input('p', []), input('q', []))).toThrow(/\[\] and \[\]/)
  })
})
