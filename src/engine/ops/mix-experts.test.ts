import { describe, expect, it } from 'vitest'
import { largestRunDifference } from '../testing-symbolic.ts'
import { gradients } from '../gradient.ts'
import { compile } from '../lowering.ts'
import { Session, floats } from '../session.ts'
import { checkOperation, evaluate, randomSource, randomValues, type Values } from '../testing.ts'
import { input, stopGradient, type Tensor } from '../tensor.ts'
import { product, type Dimension } from '../dimension.ts'
import { linear } from './linear.ts'
import { mixExperts } from './mix-experts.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { routeToExperts } from './route-to-experts.ts'
import { slice } from './slice.ts'
import { sum } from './sum.ts'
import { tanh } from './tanh.ts'

interface Sizes {
  readonly tokens: number
  readonly width: number
  readonly out: number
  readonly experts: number
  readonly k: number
}

/** Each expert is tanh(x · Wᵀ + b) of its own. */
function mixture(x: Tensor, logits: Tensor, weight: Tensor, bias: Tensor, k: number): Tensor {
  const [, out, width] = weight.shape as number[]
  return mixExperts(x, routeToExperts(logits, k, { renormalize: true }), (tokens, expert) => {
    const own = reshape(slice(weight, 0, expert, expert + 1), [out!, width!])
    return tanh(linear(tokens, own, reshape(slice(bias, 0, expert, expert + 1), [out!])))
  })
}

/** All experts for all tokens, those that were not chosen at a weight of 0. */
function reference({ tokens, width, out, experts, k }: Sizes) {
  return (x: Float64Array, logits: Float64Array, weight: Float64Array, bias: Float64Array) => {
    const y = new Float64Array(tokens * out)
    for (let t = 0; t < tokens; t++) {
      const row = logits.subarray(t * experts, (t + 1) * experts)
      const order = [...row.keys()].sort((a, b) => row[b]! - row[a]! || a - b).slice(0, k)
      const top = row[order[0]!]!
      const total = order.reduce((sum, expert) => sum + Math.exp(row[expert]! - top), 0)
      for (const expert of order) {
        for (let o = 0; o < out; o++) {
          let inner = bias[expert * out + o]!
          for (let w = 0; w < width; w++) {
            inner += x[t * width + w]! * weight[(expert * out + o) * width + w]!
          }
          y[t * out + o]! += (Math.exp(row[expert]! - top) / total) * Math.tanh(inner)
        }
      }
    }
    return y
  }
}

function randomInputs({ tokens, width, out, experts }: Sizes): Values[] {
  const random = randomSource(95)
  return [
    randomValues(random, [tokens, width]),
    randomValues(random, [tokens, experts], 2),
    randomValues(random, [experts, out, width]),
    randomValues(random, [experts, out]),
  ]
}

function differences(sizes: Sizes, inputs: readonly Values[]) {
  return checkOperation(
    (x, logits, weight, bias) => mixture(x!, logits!, weight!, bias!, sizes.k),
    reference(sizes),
    inputs,
  )
}

describe('mixExperts', () => {
  it.each([
    { tokens: 1, width: 2, out: 3, experts: 1, k: 1 },
    { tokens: 6, width: 3, out: 2, experts: 4, k: 1 },
    { tokens: 7, width: 2, out: 2, experts: 3, k: 2 },
    { tokens: 4, width: 3, out: 3, experts: 3, k: 3 },
    // More experts than choices: some have no token.
    { tokens: 2, width: 2, out: 3, experts: 6, k: 2 },
  ])('matches the sum over all experts and its gradients for %o', async (sizes) => {
    const { value, gradient } = await differences(sizes, randomInputs(sizes))
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('works where one expert has every token, the others with a gradient of 0', async () => {
    const sizes = { tokens: 5, width: 2, out: 3, experts: 3, k: 1 }
    const inputs = randomInputs(sizes)
    const logits = inputs[1]!.data.map((value, at) => value + (at % 3 === 1 ? 50 : 0))
    const given = inputs.map((values, index) => (index === 1 ? { ...values, data: logits } : values))
    const { value, gradient } = await differences(sizes, given)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
    const slope = await evaluate((x, logits, weight, bias) => {
      const y = mixture(x!, logits!, weight!, bias!, 1)
      return gradients(sum(y, [0, 1]), [weight!])[0]!
    }, given)
    const ofExperts = [0, 1, 2].map((expert) =>
      Array.from(slope.data.slice(expert * 6, expert * 6 + 6), Number),
    )
    expect(ofExperts[0]).toEqual([0, 0, 0, 0, 0, 0])
    expect(ofExperts[1]!.some((value) => value !== 0)).toBe(true)
    expect(ofExperts[2]).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('computes each expert on its own tokens only', async () => {
    // An expert that would make NaN of a token that is not its own: a sum would carry it.
    const x = { shape: [3, 1], data: Float64Array.of(1, Number.NaN, 3) }
    const logits = { shape: [3, 2], data: Float64Array.of(5, 0, 0, 5, 5, 0) }
    const result = await evaluate(
      (x, logits) => mixExperts(x!, routeToExperts(logits!, 1, { renormalize: true }), (tokens) => tokens),
      [x, logits],
    )
    expect([...(result.data as Float32Array)]).toEqual([1, Number.NaN, 3])
  })

  it('takes experts that pass no gradient back', async () => {
    const x = { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }
    const logits = { shape: [2, 2], data: Float64Array.of(9, 0, 0, 9), fixed: true }
    const slope = await evaluate(
      (x, logits) => {
        const y = mixExperts(x!, routeToExperts(logits!, 1, { renormalize: true }), (tokens, expert) =>
          expert === 0 ? multiply(tokens, tokens) : stopGradient(tokens),
        )
        return gradients(sum(y, [0, 1]), [x!])[0]!
      },
      [x, logits],
    )
    expect([...(slope.data as Float32Array)]).toEqual([2, 4, 0, 0])
  })

  it('gives the same for a number of tokens not known yet, and a layer after another', async () => {
    const program = (batch: Dimension, length: Dimension) => {
      const tokens = product([batch, length])
      const x = input('x', [batch, length, 3], 'float32', true)
      const logits = input('logits', [batch, length, 4], 'float32', true)
      const weight = input('weight', [4, 3, 3], 'float32', true)
      const bias = input('bias', [4, 3], 'float32', true)
      const gate = reshape(logits, [tokens, 4])
      const once = mixture(reshape(x, [tokens, 3]), gate, weight, bias, 2)
      const twice = reshape(mixture(once, gate, weight, bias, 2), [batch, length, 3])
      const names = ['x', 'logits', 'weight', 'bias']
      const slopes = gradients(sum(multiply(twice, twice), [0, 1, 2]), [x, logits, weight, bias])
      return compile({ twice, ...Object.fromEntries(slopes.map((slope, at) => [`d${names[at]}`, slope])) })
    }
    const random = randomSource(96)
    const values = (shape: number[]) => floats(Float32Array.from(randomValues(random, shape).data), shape)
    const symbolic = await Session.create(program('batch', 'length'))
    for (const [batch, length] of [
      [2, 3],
      [1, 1],
    ] as const) {
      const given = {
        x: values([batch, length, 3]),
        logits: values([batch, length, 4]),
        weight: values([4, 3, 3]),
        bias: values([4, 3]),
      }
      const fixed = await Session.create(program(batch, length))
      const [expected, actual] = [await fixed.run(given), await symbolic.run(given)]
      await fixed.release()
      expect(largestRunDifference(expected, actual)).toBeLessThan(5e-6)
    }
    await symbolic.release()
  })

  it('names the shapes that do not fit', () => {
    const routing = routeToExperts(input('logits', [5, 3]), 2)
    expect(() => mixExperts(input('x', [4, 2]), routing, (tokens) => tokens)).toThrow(/\[4, 2\].*\[5, 2\]/)
    expect(() => mixExperts(input('x', [5, 1, 2]), routing, (tokens) => tokens)).toThrow(/\[5, 1, 2\]/)
    const x = input('x', [5, 2])
    expect(() =>
      mixExperts(x, routing, (tokens, expert) => (expert === 1 ? sum(tokens, [1]) : tokens)),
    ).toThrow(/expert 1 made \[tokens of expert 1 \(\d+\)\] of tokens of/)
  })
})
