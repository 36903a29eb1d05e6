import { describe, expect, it } from 'vitest'
import { gradients } from '../engine/gradient.ts'
import { compile } from '../engine/lowering.ts'
import { linear } from '../engine/ops/linear.ts'
import { softCap } from '../engine/ops/soft-cap.ts'
import { sigmoid } from '../engine/ops/sigmoid.ts'
import { softmax } from '../engine/ops/softmax.ts'
import { floats, integers, Session, type HostTensor } from '../engine/session.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { randomSource } from '../engine/testing.ts'
import type { CopyHead } from '../models/family.ts'
import { tokenLoss, type TokenLossInputs } from './token-loss.ts'

interface Copying {
  readonly source?: Tensor
  readonly copy?: CopyHead
}

const [batch, length, width, vocabulary, sourceLength] = [2, 3, 4, 7, 5]
const places = batch * length

const hidden = input('hidden', [batch, length, width], 'float32', true)
const weight = input('weight', [vocabulary, width], 'float32', true)
const bias = input('bias', [vocabulary], 'float32', true)
const shared = {
  targets: input('targets', [batch, length], 'int64'),
  weights: input('weights', [batch, length]),
  inverseCount: input('inverseCount', []),
}
const copying: Copying = {
  source: input('source', [batch, sourceLength], 'int64'),
  copy: {
    attention: softmax(input('attention', [batch, length, sourceLength])),
    gate: sigmoid(input('gate', [batch, length, 1])),
  },
}

const random = randomSource(91)
const values = (...shape: number[]) => {
  const size = shape.reduce((total, dimension) => total * dimension, 1)
  return floats(
    Float32Array.from({ length: size }, () => random() * 2 - 1),
    shape,
  )
}
const ids = [3, 0, 6, 2, 5, 1]
// The last token of each row is padding.
const counted = [1, 1, 0, 1, 1, 0]
const feeds: Record<string, HostTensor> = {
  hidden: values(batch, length, width),
  weight: values(vocabulary, width),
  bias: values(vocabulary),
  attention: values(batch, length, sourceLength),
  gate: values(batch, length, 1),
  source: integers([3, 1, 0, 4, 2, 2, 6, 5, 5, 1], [batch, sourceLength]),
  targets: integers(ids, [batch, length]),
  weights: floats(Float32Array.from(counted), [batch, length]),
  inverseCount: floats(Float32Array.of(1 / 4), []),
}

interface Case {
  readonly labelSmoothing: number
  readonly zLossWeight?: number
  readonly copying?: Copying
}

type Prediction = Pick<TokenLossInputs, 'prediction' | 'vocabularyChunk'>

const ofLogits: Prediction = { prediction: { logits: linear(hidden, weight, bias) } }
const ofHidden: Prediction = { ...ofLogits, vocabularyChunk: 3 }

/** The losses and the gradients of the last layer. */
async function run(
  inputs: Omit<TokenLossInputs, keyof typeof shared>,
  changes: Record<string, HostTensor> = {},
): Promise<Record<string, Float32Array>> {
  const losses = tokenLoss({ ...shared, ...inputs })
  const slopes = gradients(losses.loss, [hidden, weight, bias])
  const outputs: Record<string, Tensor> = {
    loss: losses.loss,
    nll: losses.negativeLogLikelihood,
    ofHidden: slopes[0]!,
    ofWeight: slopes[1]!,
    ofBias: slopes[2]!,
  }
  const program = compile(outputs)
  const session = await Session.create(program)
  const given = { ...feeds, ...changes }
  try {
    const found = await session.run(
      Object.fromEntries(program.inputs.map(({ name }) => [name, given[name]!])),
    )
    return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]))
  } finally {
    await session.release()
  }
}

function largestDifference(
  actual: Record<string, Float32Array>,
  expected: Record<string, Float32Array>,
): number {
  const differences = Object.entries(expected).flatMap(([name, data]) =>
    [...data].map((value, index) => Math.abs(actual[name]![index]! - value)),
  )
  return differences.some(Number.isNaN) ? Infinity : Math.max(...differences)
}

/** −log p of the target, the mean of −log p, and log Σ eˣ of each token, in f64. */
const reference = Array.from({ length: places }, (_, place) => {
  const [h, w, b] = [feeds.hidden!, feeds.weight!, feeds.bias!].map(({ data }) => data as Float32Array)
  const logits = Array.from({ length: vocabulary }, (_, word) => {
    let logit = b![word]!
    for (let at = 0; at < width; at++) logit += h![place * width + at]! * w![word * width + at]!
    return logit
  })
  const normalizer = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0))
  const mean = logits.reduce((total, logit) => total + logit, 0) / vocabulary
  return { nll: normalizer - logits[ids[place]!]!, uniform: normalizer - mean, normalizer }
})

const average = (of: (token: (typeof reference)[number]) => number) =>
  reference.reduce((total, token, place) => total + counted[place]! * of(token), 0) / 4

describe.each([
  ['logits', ofLogits],
  ['the states before the last layer', ofHidden],
] as const)('the loss of tokens by %s', (_, prediction) => {
  it('is the sum over target tokens divided once by their number', async () => {
    const { loss, nll } = await run({ ...prediction, labelSmoothing: 0 })
    expect(loss![0]).toBeCloseTo(
      average(({ nll }) => nll),
      6,
    )
    expect(nll![0]).toBe(loss![0])
  })

  it('is trained with label smoothing and z-loss, and measured without', async () => {
    const { loss, nll } = await run({ ...prediction, labelSmoothing: 0.2, zLossWeight: 0.3 })
    const expected = average(
      ({ nll, uniform, normalizer }) => 0.8 * nll + 0.2 * uniform + 0.3 * normalizer ** 2,
    )
    expect(loss![0]).toBeCloseTo(expected, 5)
    expect(nll![0]).toBeCloseTo(
      average(({ nll }) => nll),
      6,
    )
  })

  it('leaves out targets that stand for none, whatever they weigh', async () => {
    for (const { source, copy } of [{}, copying]) {
      const given = {
        ...prediction,
        prediction: { ...prediction.prediction, copy },
        source,
        labelSmoothing: 0.1,
        zLossWeight: 0.3,
      }
      const ignored = ids.map((id, place) => (counted[place] ? id : -100))
      const found = await run(
        { ...given, ignoreIndex: -100 },
        {
          targets: integers(ignored, [batch, length]),
          weights: floats(new Float32Array(places).fill(1), [batch, length]),
        },
      )
      expect(largestDifference(found, await run(given))).toBeLessThan(1e-6)
    }
  })
})

it.each([
  { labelSmoothing: 0 },
  { labelSmoothing: 0.1, zLossWeight: 0.01 },
  { labelSmoothing: 0.1, copying },
] as Case[])(
  'the losses of logits and of hidden states are one, gradients included: %#',
  async ({ copying: { source, copy } = {}, ...rest }: Case) => {
    const from = ({ prediction, vocabularyChunk }: Prediction) =>
      run({ ...rest, source, prediction: { ...prediction, copy }, vocabularyChunk })
    expect(largestDifference(await from(ofHidden), await from(ofLogits))).toBeLessThan(1e-6)
  },
)

it('the losses of bounded logits and of hidden states are one, and hidden states hold no logits', async () => {
  const logits = softCap(linear(hidden, weight, bias), 1.5)
  const from = (vocabularyChunk?: number) =>
    run({ labelSmoothing: 0, prediction: { logits }, ...(vocabularyChunk && { vocabularyChunk }) })
  const bounded = await from()
  expect(largestDifference(await from(3), bounded)).toBeLessThan(1e-6)
  expect(largestDifference(await run({ labelSmoothing: 0, ...ofLogits }), bounded)).toBeGreaterThan(1e-3)
  const { loss } = tokenLoss({ ...shared, labelSmoothing: 0, prediction: { logits }, vocabularyChunk: 3 })
  const names = compile({ loss }).operations.map(({ name }) => name)
  expect(names).toContain('linearCrossEntropy')
  expect(names).not.toContain('softCap')
})

it('a z-loss of no weight changes nothing', async () => {
  const plain = await run({ ...ofLogits, labelSmoothing: 0 })
  expect(await run({ ...ofLogits, labelSmoothing: 0, zLossWeight: 0 })).toEqual(plain)
})

describe('what both halves of a batch disagree on', () => {
  const inHalves = { ...shared, weights: input('weights', [2, batch / 2, length]) }
  const weightsInHalves = floats(Float32Array.from(counted), [2, batch / 2, length])
  const disagreementWeight = 3
  const trained = ({ source, copy }: Copying, weight = disagreementWeight) =>
    tokenLoss({
      ...inHalves,
      ...(source && { source }),
      prediction: { ...ofLogits.prediction, ...(copy && { copy }) },
      labelSmoothing: 0,
      disagreementWeight: weight,
    })

  async function valuesOf(outputs: Record<string, Tensor>, changes: Record<string, HostTensor> = {}) {
    const program = compile(outputs)
    await using session = await Session.create(program)
    const given: Record<string, HostTensor> = { ...feeds, weights: weightsInHalves, ...changes }
    return await session.run(Object.fromEntries(program.inputs.map(({ name }) => [name, given[name]!])))
  }

  /** What the model says of a token, in f64: by the vocabulary, or mixed with what it copies. */
  async function distributions({ source, copy }: Copying): Promise<number[][]> {
    const found = await valuesOf({
      words: softmax(ofLogits.prediction.logits),
      ...(copy && { shares: copy.attention, gates: copy.gate }),
    })
    return Array.from({ length: places }, (_, place) => {
      const gate = copy === undefined ? 1 : (found.gates!.data[place] as number)
      const mixed = Array.from(
        { length: vocabulary },
        (_, word) => gate * (found.words!.data[place * vocabulary + word] as number),
      )
      if (source === undefined) return mixed
      for (let at = 0; at < sourceLength; at++) {
        const word = Number(feeds.source!.data[Math.floor(place / length) * sourceLength + at])
        mixed[word]! += (1 - gate) * (found.shares!.data[place * sourceLength + at] as number)
      }
      return mixed
    })
  }

  it.each([{}, copying])('is the divergence of both, in either direction: %#', async (given) => {
    const said = await distributions(given)
    const apart = said.map((p, place) =>
      p.reduce((sum, share, word) => {
        const other = said[(place + places / 2) % places]![word]!
        return sum + share * Math.log(share / other)
      }, 0),
    )
    const expected = apart.reduce((sum, one, place) => sum + counted[place]! * one, 0) / 4
    const { loss, nll } = await valuesOf({
      loss: trained(given).loss,
      nll: trained(given).negativeLogLikelihood,
    })
    const found = ((loss!.data[0] as number) - (nll!.data[0] as number)) * (2 / disagreementWeight)
    expect(expected).toBeGreaterThan(0.01)
    expect(found).toBeCloseTo(expected, 5)
  })

  it.each([{}, copying])('has its gradients: %#', async (given) => {
    const { loss } = trained(given)
    const { slope } = await valuesOf({ slope: gradients(loss, [hidden])[0]! })
    const { slope: withoutIt } = await valuesOf({ slope: gradients(trained(given, 0).loss, [hidden])[0]! })
    const step = 1e-2
    for (let index = 0; index < places * width; index += 5) {
      const moved = async (by: number) => {
        const data = Float32Array.from(feeds.hidden!.data as Float32Array)
        data[index]! += by
        const { loss: found } = await valuesOf({ loss }, { hidden: floats(data, feeds.hidden!.shape) })
        return found!.data[0] as number
      }
      const expected = ((await moved(step)) - (await moved(-step))) / (2 * step)
      expect(slope!.data[index]).toBeCloseTo(expected, 3)
    }
    const [own, without] = [slope!, withoutIt!].map(({ data }) => data as Float32Array)
    expect(Math.max(...own!.map((value, index) => Math.abs(value - without![index]!)))).toBeGreaterThan(0.01)
  })
})
