import { describe, expect, it } from 'vitest'
import { nativeHindrance } from '../engine/native-testing.ts'
import { compile } from '../engine/lowering.ts'
import { floats, Session, type HostTensor } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { bart } from '../models/bart.ts'
import type { EncoderDecoderFamily } from '../models/family.ts'
import type { Model } from '../models/model.ts'
import { causal } from './objectives/causal.ts'
import type { Example, Objective } from './objectives/objective.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { adamw } from './optimizers/adamw.ts'
import {
  largestDifference,
  randomExamples,
  stepOptions,
  tinyBart,
  tinyLlama,
  tinyVocabulary,
} from './testing.ts'
import { TrainingStep, type TrainingStepOptions } from './training-step.ts'

const kinds: [string, () => Model, Objective][] = [
  ['an encoder–decoder with a copy head', () => tinyBart({ copyHead: true }), sequenceToSequence],
  ['a decoder', () => tinyLlama(), causal],
]

/** Takes one step from the same beginning and gives everything that it changed. */
async function once(
  model: Model,
  objective: Objective,
  batches: readonly (readonly Example[])[],
  options: Partial<TrainingStepOptions> = {},
) {
  const step = new TrainingStep(model, objective, {
    ...stepOptions,
    // A large ε: Adam would magnify the rounding of gradients that are nearly 0.
    optimizer: adamw({ beta1: 0.9, beta2: 0.999, epsilon: 0.1, weightDecay: 0.01 }),
    ...options,
  })
  const result = await step.run(batches, 1, 0.01)
  await step.release()
  const join = (pick: (parameter: (typeof step.parameters)[number]) => Float32Array) =>
    Float32Array.from(step.parameters.flatMap((parameter) => [...pick(parameter)]))
  return {
    ...result,
    gradient: join(({ gradient }) => gradient.data),
    weights: join(({ weights }) => weights.data),
  }
}

type Outcome = Awaited<ReturnType<typeof once>>

function expectSame(actual: Outcome, expected: Outcome): void {
  const scale = Math.max(...expected.gradient.map(Math.abs))
  expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(1e-6)
  expect(largestDifference(actual.gradient, expected.gradient) / scale).toBeLessThan(1e-6)
  expect(largestDifference(actual.weights, expected.weights)).toBeLessThan(1e-6)
}

async function failure(work: Promise<unknown>): Promise<Error & { code?: string }> {
  return work.then(
    () => expect.unreachable('it did not fail') as never,
    (error: unknown) => error as Error,
  )
}

describe.each(kinds)('one step of %s', (_, make, objective) => {
  const rows = randomExamples(7)

  it('is the same over several micro-batches of unequal lengths as over one batch', async () => {
    const together = await once(make(), objective, [rows])
    const apart = await once(make(), objective, [rows.slice(0, 1), rows.slice(1, 5), rows.slice(5)])
    expect(apart.targetTokens).toBe(together.targetTokens)
    expectSame(apart, together)
  })

  it('forgets the gradients of the step before', async () => {
    const step = new TrainingStep(make(), objective, stepOptions)
    const batches = [rows.slice(0, 3), rows.slice(3)]
    const first = await step.run(batches, 1, 0)
    expect(await step.run(batches, 2, 0)).toEqual(first)
    await step.release()
  })

  it('is the same beside rows without targets that lengthen the padding', async () => {
    const long = Int32Array.from({ length: 20 }, (_, index) => 3 + index)
    const padding: Example = { source: long, target: long, contextLength: long.length }
    const alone = await once(make(), objective, [rows])
    const padded = await once(make(), objective, [[padding, ...rows, padding]])
    expect(padded.targetTokens).toBe(alone.targetTokens)
    expectSame(padded, alone)
  })

  it('counts no token of a row that is empty or context beyond its end', async () => {
    const empty: Example = { source: Int32Array.of(4, 2), target: new Int32Array(0) }
    const beyond: Example = { ...rows[0]!, contextLength: 99 }
    const alone = await once(make(), objective, [rows])
    const more = await once(make(), objective, [[...rows, empty, beyond]])
    expect(more.targetTokens).toBe(alone.targetTokens)
    expectSame(more, alone)
  })

  it('is an error of one line where no token is left to learn', async () => {
    const step = new TrainingStep(make(), objective, stepOptions)
    const given = rows.map((row) => ({ ...row, contextLength: row.target.length }))
    const error = await failure(step.run([given], 4, 0.01))
    expect(error).toMatchObject({ name: 'YuksuError', code: 'no-targets' })
    expect(error.message).toMatch(/^step 4 [^\n]+$/)
    await step.release()
  })

  it('is an error of one line, and changes nothing, where the loss is not a number', async () => {
    const model = make()
    const step = new TrainingStep(model, objective, stepOptions)
    const broken = step.parameters.find(({ name }) => name.endsWith('q_proj.weight'))!
    broken.weights.data[3] = Number.NaN
    const before = step.parameters.map(({ weights }) => weights.data.slice())
    const error = await failure(step.run([rows], 9, 0.01))
    expect(error).toMatchObject({ name: 'YuksuError', code: 'diverged' })
    expect(error.message).toMatch(/^step 9: [^\n]+$/)
    expect(step.parameters.map(({ weights }) => weights.data)).toEqual(before)
    expect(step.parameters.every(({ state }) => state.mean!.data.every((value) => value === 0))).toBe(true)
    await step.release()
  })
})

describe('dropout', () => {
  const rows = randomExamples(6)
  const still = { ...stepOptions, labelSmoothing: 0 }
  const dropping = () => tinyBart({ dropout: 0.2 })

  it('is a function of the seed, the step and the micro-batch', async () => {
    const losses = async (seed: number, steps: readonly number[], batches = [rows]) => {
      const step = new TrainingStep(dropping(), sequenceToSequence, { ...still, seed })
      const found: number[] = []
      for (const number of steps) found.push((await step.run(batches, number, 0)).loss)
      await step.release()
      return found
    }
    const [first, second, again] = await losses(5, [1, 2, 1])
    expect(again).toBe(first)
    expect(second).not.toBe(first)
    expect(await losses(5, [1])).toEqual([first])
    const [other, high] = [await losses(6, [1]), await losses(5 + 2 ** 32, [1])]
    expect(new Set([first, ...other, ...high]).size).toBe(3)
    // Twice the same rows in one step: were their masks the same, the mean would be that of one of them.
    const [twice] = await losses(5, [1], [rows, rows])
    expect(Math.abs(twice! - first!)).toBeGreaterThan(1e-4)
  })

  it('leaves the loss where it was on average, and is off outside training', async () => {
    const plain = new TrainingStep(tinyBart(), sequenceToSequence, still)
    const { loss } = await plain.run([rows], 1, 0)
    await plain.release()
    const step = new TrainingStep(dropping(), sequenceToSequence, still)
    let total = 0
    for (let number = 1; number <= 40; number++) total += (await step.run([rows], number, 0)).loss
    await step.release()
    expect(Math.abs(total / 40 / loss - 1)).toBeLessThan(0.05)
    const untrained = sequenceToSequence.trace(
      dropping(),
      { batch: 'batch', source: 'source', target: 'target' },
      { training: false, labelSmoothing: 0 },
    )
    const { inputs } = compile({ loss: untrained.loss })
    expect(inputs.filter(({ random }) => random !== undefined)).toEqual([])
  })
})

describe('groups of parameters', () => {
  const rows = randomExamples(4)

  it('learn at their own rate, the first that matches holding', async () => {
    const model = tinyBart()
    const step = new TrainingStep(model, sequenceToSequence, {
      ...stepOptions,
      parameterGroups: [
        { names: /decoder.*fc1/, rateFactor: 0 },
        { names: /fc1/, rateFactor: 2 },
      ],
    })
    const before = new Map(step.parameters.map(({ name, weights }) => [name, weights.data.slice()]))
    await step.run([rows], 1, 0.01)
    const largestMove = (part: string) =>
      Math.max(
        ...step.parameters
          .filter(({ name }) => name.includes(part))
          .map(({ name, weights }) => largestDifference(weights.data, before.get(name)!)),
      )
    expect(largestMove('decoder.layers.0.fc1')).toBe(0)
    // In its first step Adam moves a weight by the learning rate.
    expect(largestMove('encoder.layers.0.fc1.weight')).toBeGreaterThan(0.0195)
    expect(largestMove('encoder.layers.0.fc2.weight')).toBeLessThan(0.0105)
    await step.release()
  })

  it('that match nothing are an error which shows what names there are', () => {
    const options = { ...stepOptions, parameterGroups: [{ names: /no such layer/ }] }
    expect(() => new TrainingStep(tinyBart(), sequenceToSequence, options)).toThrow(
      /^no trainable parameter has a name that matches \/no such layer\/; they are such as '[^']+'$/,
    )
  })
})

describe('parameters that are not trained', () => {
  const frozen = (name: string) => name.startsWith('model.encoder') || name === 'final_logits_bias'
  const family = {
    ...bart,
    parameters: (configuration: Parameters<typeof bart.parameters>[0]) =>
      bart
        .parameters(configuration)
        .map((specification) => ({ ...specification, trainable: !frozen(specification.name) })),
  }

  it('keep every bit, and the others get the gradients they would have', async () => {
    const model = tinyBart({}, family)
    const before = new Map([...model.parameters].map(([name, { data }]) => [name, data.slice()]))
    const rows = randomExamples(5)
    const step = new TrainingStep(model, sequenceToSequence, stepOptions)
    const whole = new TrainingStep(tinyBart(), sequenceToSequence, stepOptions)
    await step.run([rows], 1, 0.01)
    await whole.run([rows], 1, 0.01)
    const changed = [...model.parameters].flatMap(([name, { data }]) =>
      largestDifference(data, before.get(name)!) === 0 ? [] : [name],
    )
    expect(changed).toEqual([...model.parameters.keys()].filter((name) => !frozen(name)))
    expect(step.parameters.map(({ name }) => name).filter(frozen)).toEqual([])
    for (const { name, gradient } of step.parameters) {
      const reference = whole.parameters.find((parameter) => parameter.name === name)!
      expect(largestDifference(gradient.data, reference.gradient.data)).toBeLessThan(1e-6)
    }
    await step.release()
    await whole.release()
  })
})

describe('the copy head', () => {
  const model = tinyBart({ copyHead: true })
  const rows = randomExamples(5).map((row, index) =>
    // A word that the source repeats is copied from all its places.
    index === 0 ? { ...row, source: Int32Array.of(9, 4, 9, 9, 2), target: Int32Array.of(9, 4, 2) } : row,
  )
  const collated = sequenceToSequence.collate(model, rows)
  const inverseCount = floats(Float32Array.of(1 / collated.targetTokens), [])
  const names = { batch: 'batch', source: 'source', target: 'target' }

  function feeds(): Record<string, HostTensor> {
    return { ...model.feeds(), ...collated.feeds, inverseCount }
  }

  /** Logits, attention and gate, from which the loss is computed again in f64. */
  async function parts() {
    const family = model.family as EncoderDecoderFamily
    const scope = model.scope()
    const sourceMask = input('sourceMask', ['batch', 1, 1, 'source'])
    const encoded = family.encode(
      scope,
      {
        tokens: input('source', ['batch', 'source'], 'int64'),
        positions: input('sourcePositions', ['source'], 'int64'),
        mask: sourceMask,
      },
      model.configuration,
    )
    const { logits, copy } = family.decode(
      scope,
      {
        tokens: input('tokens', ['batch', 'target'], 'int64'),
        positions: input('positions', ['target'], 'int64'),
        selfMask: input('selfMask', [1, 1, 'target', 'target']),
        sourceMask,
        encoded,
      },
      model.configuration,
    )
    const session = await Session.create(compile({ logits, ...copy! }), { threads: 1 })
    const results = await session.run(feeds())
    await session.release()
    return results
  }

  async function lossSession(labelSmoothing: number): Promise<Session> {
    const { loss, negativeLogLikelihood } = sequenceToSequence.trace(model, names, {
      training: true,
      labelSmoothing,
    })
    return Session.create(compile({ loss, negativeLogLikelihood }), { threads: 1 })
  }

  it('mixes the vocabulary and the copied words as a plain computation in f64 does', async () => {
    const { logits, attention, gate } = await parts()
    const source = collated.feeds.source!.data as BigInt64Array
    const targets = collated.feeds.targets!.data as BigInt64Array
    const weights = collated.feeds.weights!.data as Float32Array
    const length = collated.feeds.targets!.shape[1]!
    const width = collated.feeds.source!.shape[1]!
    let [plain, uniform] = [0, 0]
    weights.forEach((weight, place) => {
      if (weight === 0) return
      const scores = [...logits!.data.subarray(place * tinyVocabulary, (place + 1) * tinyVocabulary)].map(
        Number,
      )
      const sum = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0))
      const generated = Math.exp(scores[Number(targets[place])]! - sum)
      const share = Number(gate!.data[place])
      let [copied, attended] = [0, 0]
      for (let index = 0; index < width; index++) {
        const paid = Number(attention!.data[place * width + index])
        attended += paid
        if (source[Math.floor(place / length) * width + index] === targets[place]) copied += paid
      }
      expect(attended).toBeCloseTo(1, 5)
      plain -= Math.log(share * generated + (1 - share) * copied)
      uniform += scores.reduce((total, score) => total + sum - score, 0) / tinyVocabulary
    })
    const session = await lossSession(0.1)
    const results = await session.run(feeds())
    await session.release()
    const [nll, spread] = [plain / collated.targetTokens, uniform / collated.targetTokens]
    expect(results.negativeLogLikelihood!.data[0]).toBeCloseTo(nll, 5)
    expect(results.loss!.data[0]).toBeCloseTo(0.9 * nll + 0.1 * spread, 5)
  })

  it('has the gradients of finite differences, in every parameter of the model', async () => {
    const step = new TrainingStep(model, sequenceToSequence, stepOptions)
    await step.run([rows], 1, 0)
    await step.release()
    const session = await lossSession(stepOptions.labelSmoothing)
    const lossOf = async () => (await session.run(feeds())).loss!.data[0] as number
    const wrong: string[] = []
    for (const { name, weights, gradient } of step.parameters) {
      // Of a key's bias, which softmax ignores, the gradient is 0.
      const norm = Math.max(Math.hypot(...gradient.data), 1e-6)
      // Half along the gradient, half across it: neither its length nor its direction may be wrong.
      const direction = gradient.data.map(
        (value, index) => value / norm + Math.sin(index + 1) / Math.sqrt(gradient.data.length),
      )
      const before = weights.data.slice()
      const at = async (distance: number) => {
        weights.data.set(before.map((value, index) => value + distance * direction[index]!))
        return lossOf()
      }
      const far = 0.01
      const measured = ((await at(far)) - (await at(-far))) / (2 * far)
      weights.data.set(before)
      const expected = gradient.data.reduce((total, value, index) => total + value * direction[index]!, 0)
      const error = Math.abs(measured - expected) / Math.max(norm, 0.01)
      if (!(error < 0.01)) wrong.push(`${name}: ${error}`)
    }
    expect(wrong).toEqual([])
    expect(step.parameters.filter(({ name }) => name.startsWith('copy_head'))).toHaveLength(4)
    await session.release()
  })
})

describe('a step in parts, with memory: low', () => {
  const deep: [string, () => Model, Objective][] = [
    [
      'an encoder–decoder with a copy head and dropout',
      () => tinyBart({ copyHead: true, dropout: 0.3, encoderLayers: 3, decoderLayers: 2 }),
      sequenceToSequence,
    ],
    [
      'an encoder–decoder that normalizes afterwards',
      () => tinyBart({ normalizeBefore: false, encoderLayers: 2, decoderLayers: 3 }),
      sequenceToSequence,
    ],
    ['a decoder with tied embeddings', () => tinyLlama({ layers: 4 }), causal],
    ['a decoder with a head of its own', () => tinyLlama({ layers: 2, tieEmbeddings: false }), causal],
  ]

  it.each(deep)('is the step of %s as one program', async (_name, make, objective) => {
    for (const batches of [[randomExamples(6)], [randomExamples(3), randomExamples(4, 9)]]) {
      const [fast, low] = [
        await once(make(), objective, batches),
        await once(make(), objective, batches, { memory: 'low' }),
      ]
      expect(low.targetTokens).toBe(fast.targetTokens)
      expectSame(low, fast)
    }
  })

  it('is so at every one of several steps, with batches of other sizes', async () => {
    const outcomes = await Promise.all(
      (['fast', 'low'] as const).map(async (memory) => {
        const step = new TrainingStep(tinyLlama({ layers: 3 }), causal, { ...stepOptions, memory })
        const losses: number[] = []
        for (let count = 1; count <= 6; count++) {
          losses.push((await step.run([randomExamples(2 + ((count * 3) % 5), count)], count, 0.01)).loss)
        }
        await step.release()
        return losses
      }),
    )
    expect(largestDifference(outcomes[1]!, outcomes[0]!)).toBeLessThan(1e-5)
  })
})

const hindrance = await nativeHindrance()

describe('a step with products in fewer bits', () => {
  const wide = { width: 256, heads: 4, layers: 2 }
  const models: [string, () => Model, Objective][] = [
    [
      'a decoder',
      () =>
        tinyLlama({
          ...wide,
          keyValueHeads: 4,
          headWidth: 64,
          feedForwardWidth: 512,
          initializationDeviation: 0.06,
        }),
      causal,
    ],
    [
      'an encoder–decoder',
      () =>
        tinyBart({
          ...wide,
          encoderHeads: 4,
          decoderHeads: 4,
          encoderFeedForwardWidth: 512,
          decoderFeedForwardWidth: 512,
          initializationDeviation: 0.06,
        }),
      sequenceToSequence,
    ],
  ]

  async function gradientsOf(model: Model, objective: Objective, options: Partial<TrainingStepOptions>) {
    const step = new TrainingStep(model, objective, { ...stepOptions, ...options })
    const { loss } = await step.run([randomExamples(6)], 1, 0)
    await step.release()
    return { loss, gradients: step.parameters.map(({ gradient }) => Float64Array.from(gradient.data)) }
  }

  it.each(models)(
    'is that of %s in float32 but for the rounding, whole and in parts',
    async (_name, make, objective) => {
      const exact = await gradientsOf(make(), objective, {})
      const fast = await gradientsOf(make(), objective, { products: 'int8' })
      const low = await gradientsOf(make(), objective, { products: 'int8', memory: 'low' })
      expect(fast.loss).not.toBe(exact.loss)
      expect(fast.loss).toBeCloseTo(exact.loss, 1)
      expect(low.loss).toBeCloseTo(fast.loss, 5)
      const dot = (a: Float64Array, b: Float64Array) =>
        a.reduce((sum, value, index) => sum + value * b[index]!, 0)
      const all = ({ gradients }: typeof exact) =>
        Float64Array.from(gradients.flatMap((values) => [...values]))
      const [expected, found, inParts] = [exact, fast, low].map(all)
      const apart = (left: Float64Array, right: Float64Array) => {
        const difference = left.map((value, index) => value - right[index]!)
        return Math.sqrt(dot(difference, difference) / dot(expected!, expected!))
      }
      expect(dot(found!, expected!) / dot(expected!, expected!)).toBeCloseTo(1, 1)
      expect(apart(found!, expected!)).toBeLessThan(0.1)
      expect(apart(found!, expected!)).toBeGreaterThan(0.001)
      // What is added up in f32 in another order now and then rounds to another whole number.
      expect(apart(inParts!, found!)).toBeLessThan(0.3 * apart(found!, expected!))
    },
  )

  it.skipIf(hindrance !== undefined).each(models)(
    'is that of %s by the native library too, to the precision that was asked for',
    async (_name, make, objective) => {
      const exact = await gradientsOf(make(), objective, {})
      const largest = (found: typeof exact) =>
        Math.max(
          ...found.gradients.map((values, index) => largestDifference(values, exact.gradients[index]!)),
        )
      const six = await gradientsOf(make(), objective, { products: 'bfloat16x6' })
      const inParts = await gradientsOf(make(), objective, { products: 'bfloat16x6', memory: 'low' })
      const whole = await gradientsOf(make(), objective, { products: 'int8x6' })
      const three = await gradientsOf(make(), objective, { products: 'bfloat16x3' })
      const one = await gradientsOf(make(), objective, { products: 'bfloat16' })
      for (const { loss } of [six, inParts, whole, three]) expect(loss).toBeCloseTo(exact.loss, 4)
      expect(one.loss).toBeCloseTo(exact.loss, 2)
      expect(largest(six)).toBeLessThan(1e-5)
      expect(largest(inParts)).toBeLessThan(1e-5)
      expect(largest(whole)).toBeLessThan(1e-5)
      expect(largest(three)).toBeLessThan(1e-4)
      expect(largest(one)).toBeGreaterThan(largest(three))
    },
  )
})
