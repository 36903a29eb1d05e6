import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import {
  checkOperation,
  evaluate,
  randomIntegers,
  randomSource,
  randomValues,
  type Values,
} from '../testing.ts'
import { input, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { crossEntropy } from './cross-entropy.ts'
import { scale } from './scale.ts'
import { sum } from './sum.ts'

/** −(1 − mix) · log p[target] − mix · mean log p + z · (log Σ eˣ)² of each row. */
function reference(vocabulary: number, mix: number, z = 0) {
  return (logits: Float64Array, targets: Float64Array) =>
    targets.map((target, row) => {
      const values = logits.subarray(row * vocabulary, (row + 1) * vocabulary)
      const top = Math.max(...values)
      const logarithm = top + Math.log(values.reduce((total, value) => total + Math.exp(value - top), 0))
      const mean = values.reduce((total, value) => total + value, 0) / vocabulary
      return (1 - mix) * (logarithm - values[target]!) + mix * (logarithm - mean) + z * logarithm ** 2
    })
}

function mixed(logits: Tensor, targets: Tensor, mix: number): Tensor {
  const { negativeLogLikelihood, uniformLoss } = crossEntropy(logits, targets)
  if (mix === 0) return negativeLogLikelihood
  if (mix === 1) return uniformLoss
  return add(scale(negativeLogLikelihood, 1 - mix), scale(uniformLoss, mix))
}

const shapes = [
  [1, 1],
  [1, 5],
  [4, 2],
  [6, 33],
] as const

describe('crossEntropy', () => {
  it.each([
    { mix: 0, title: 'the negative log-likelihood' },
    { mix: 1, title: 'the loss of the uniform distribution' },
    { mix: 0.1, title: 'both, as label smoothing mixes them' },
  ])('is $title, with its gradient', async ({ mix }) => {
    const random = randomSource(25)
    for (const [rows, vocabulary] of shapes) {
      const { value, gradient } = await checkOperation(
        (logits, targets) => mixed(logits!, targets!, mix),
        reference(vocabulary, mix),
        [randomValues(random, [rows, vocabulary], 5), randomIntegers(random, [rows], vocabulary)],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  describe('with extreme logits', () => {
    const logits: Values = { shape: [3, 3], data: Float64Array.of(1e4, 0, 0, 200, 0, -1e4, -1e4, -1e4, -1e4) }
    const targets: Values = { shape: [3], data: Float64Array.of(0, 1, 2), integer: true }

    it('has a finite loss that is right up to the smallest probability', async () => {
      const loss = await evaluate((x, y) => mixed(x!, y!, 0), [logits, targets])
      expect(loss.data[0]).toBeCloseTo(0, 6)
      expect(loss.data[1]).toBeGreaterThan(85)
      expect(loss.data[1]).toBeLessThanOrEqual(200)
      expect(loss.data[2]).toBeCloseTo(Math.log(3), 6)
    })

    it('has the exact uniform loss', async () => {
      const loss = await evaluate((x, y) => mixed(x!, y!, 1), [logits, targets])
      const expected = [...reference(3, 1)(logits.data, targets.data)]
      ;[...(loss.data as Float32Array)].forEach((value, row) => {
        expect(Math.abs(value / expected[row]! - 1)).toBeLessThan(1e-5)
      })
    })

    it('has the gradient p − onehot(target), and p − 1 / vocabulary for the uniform loss', async () => {
      const p = [1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3, 1 / 3]
      for (const mix of [0, 1]) {
        const slope = await evaluate(
          (x, y) => gradients(sum(mixed(x!, y!, mix), [0]), [x!])[0]!,
          [{ ...logits }, targets],
        )
        ;[...(slope.data as Float32Array)].forEach((value, index) => {
          const target = targets.data[Math.floor(index / 3)] === index % 3 ? 1 : 0
          expect(value).toBeCloseTo(p[index]! - (mix === 1 ? 1 / 3 : target), 6)
        })
      }
    })
  })

  it.each([{ mix: 0 }, { mix: 0.1 }, { mix: 1 }])(
    'adds the weighed square of log Σ eˣ, and its gradient: $mix',
    async ({ mix }) => {
      const random = randomSource(26)
      for (const [rows, vocabulary] of shapes) {
        const { value, gradient } = await checkOperation(
          (logits, targets) => {
            const { zLoss, ...losses } = crossEntropy(logits!, targets!, { zLossWeight: 0.3 })
            const { negativeLogLikelihood, uniformLoss } = losses
            if (mix === 0) return add(zLoss!, negativeLogLikelihood)
            if (mix === 1) return add(zLoss!, uniformLoss)
            return add(zLoss!, add(scale(negativeLogLikelihood, 1 - mix), scale(uniformLoss, mix)))
          },
          reference(vocabulary, mix, 0.3),
          [randomValues(random, [rows, vocabulary], 5), randomIntegers(random, [rows], vocabulary)],
        )
        expect(value).toBeLessThan(1e-6)
        expect(gradient).toBeLessThan(1e-5)
      }
    },
  )

  it('gives the z-loss a gradient where nothing else has one', async () => {
    const { value, gradient } = await checkOperation(
      (logits, targets) => crossEntropy(logits!, targets!, { zLossWeight: 2 }).zLoss!,
      (logits, targets) =>
        reference(5, 0, 2)(logits, targets).map((loss, row) => loss - reference(5, 0)(logits, targets)[row]!),
      [randomValues(randomSource(29), [3, 5], 2), randomIntegers(randomSource(30), [3], 5)],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
    expect(crossEntropy(input('x', [1, 2]), input('y', [1], 'int64')).zLoss).toBeUndefined()
  })

  describe('of ignored targets', () => {
    // The second row would have an infinite loss; its target is ignored.
    const logits: Values = { shape: [3, 3], data: Float64Array.of(1, 2, 3, -Infinity, 0, 1, 0.5, 0, -1) }
    const targets: Values = { shape: [3], data: Float64Array.of(2, -100, 0), integer: true }
    const options = { ignoreIndex: -100, zLossWeight: 0.1 }

    it('is 0, whatever the logits', async () => {
      for (const part of ['negativeLogLikelihood', 'uniformLoss', 'zLoss'] as const) {
        const loss = await evaluate((x, y) => crossEntropy(x!, y!, options)[part]!, [logits, targets])
        expect(loss.data[1]).toBe(0)
        expect([loss.data[0], loss.data[2]].every((value) => Number(value) > 0)).toBe(true)
      }
    })

    it('has no gradient, and leaves that of the other rows as it is', async () => {
      const slope = (targets: Values, ignoreIndex?: number) =>
        evaluate(
          (x, y) => {
            const found = crossEntropy(x!, y!, { zLossWeight: 0.1, ...(ignoreIndex && { ignoreIndex }) })
            const { negativeLogLikelihood, uniformLoss, zLoss } = found
            return gradients(sum(add(add(negativeLogLikelihood, uniformLoss), zLoss!), [0]), [x!])[0]!
          },
          [logits, targets],
        )
      const ignored = (await slope(targets, -100)).data
      const all = (await slope({ ...targets, data: Float64Array.of(2, 1, 0) })).data
      expect([3, 4, 5].map((at) => Math.abs(Number(ignored[at])))).toEqual([0, 0, 0])
      expect([...ignored.slice(0, 3), ...ignored.slice(6)]).toEqual([...all.slice(0, 3), ...all.slice(6)])
    })
  })

  it('names the shapes that do not fit', () => {
    const logits = input('logits', [2, 5])
    expect(() => crossEntropy(logits, input('y', [3], 'int64'))).toThrow(/\[2, 5\].*\[3\]/)
    expect(() => crossEntropy(input('logits', [1, 2, 5]), input('y', [1], 'int64'))).toThrow(/\[1, 2, 5\]/)
  })
})
