import { describe, expect, it } from 'vitest'
import type { HostArray } from '../engine/memory.ts'
import { createEngineModel } from '../generate/engine-model.ts'
import { generate } from '../generate/generate.ts'
import { type ForwardInputs, ForwardPass } from '../models/forward.ts'
import { Model } from '../models/model.ts'
import { randomStream } from '../random.ts'
import { causal } from '../train/objectives/causal.ts'
import type { Objective } from '../train/objectives/objective.ts'
import { sequenceToSequence } from '../train/objectives/sequence-to-sequence.ts'
import { largestDifference, randomExamples, stepOptions, tinyBart, tinyLlama } from '../train/testing.ts'
import { compileGradients, traceGradients } from '../train/training-program.ts'
import { TrainingStep } from '../train/training-step.ts'
import { adapt } from './adapter.ts'
import { lowRank } from './low-rank.ts'

const attention = lowRank({ rank: 2, alpha: 6, targets: ['q_proj', 'v_proj'] })
const everywhere = lowRank({ rank: 3, alpha: 6, targets: 'all-linear' })
const rows = randomExamples(6)
const inputs: ForwardInputs = {
  inputIds: [
    [4, 9, 11, 2],
    [7, 7, 3, 2],
  ],
}
const kinds: [string, () => Model, Objective, ForwardInputs][] = [
  ['a decoder', () => tinyLlama({ layers: 2, tieEmbeddings: false }), causal, inputs],
  [
    'an encoder–decoder',
    () => tinyBart({ copyHead: true }),
    sequenceToSequence,
    { ...inputs, decoderInputIds: [...inputs.inputIds] },
  ],
]

async function logits(model: Model, given: ForwardInputs): Promise<Float32Array> {
  const pass = new ForwardPass(model)
  const { data } = (await pass.run(given)).logits
  await pass.release()
  return data
}

const isAdapter = (name: string) => /\.lora_[AB]\.weight$/.test(name)

/** B begins as zeros; what it is after training may be anything. */
function shaken(model: Model): Model {
  const random = randomStream(9, 1)
  for (const [name, { data }] of model.parameters)
    if (isAdapter(name)) data.forEach((_, index) => (data[index] = random.fraction() - 0.5))
  return model
}

/** A plain model with W + (α / r) · B · A in place of every W. */
function merged(adapted: Model, rank: number, alpha: number): Model {
  const made = new Model(adapted.family, adapted.configuration)
  for (const [name, { data }] of made.parameters) {
    data.set(adapted.parameters.get(name)!.data)
    const layer = name.slice(0, -'.weight'.length)
    const [a, b] = ['A', 'B'].map((part) => adapted.parameters.get(`${layer}.lora_${part}.weight`)?.data)
    if (a === undefined || b === undefined) continue
    const width = a.length / rank
    data.forEach((_, index) => {
      const [row, column] = [Math.floor(index / width), index % width]
      for (let inner = 0; inner < rank; inner++)
        data[index]! += (alpha / rank) * b[row * rank + inner]! * a[inner * width + column]!
    })
  }
  return made
}

describe.each(kinds)('low-rank adapters on %s', (_, make, objective, given) => {
  it('answer as the model does before they are trained', async () => {
    const model = make()
    const adapted = await logits(adapt(model, everywhere, 4), given)
    expect(largestDifference(adapted, await logits(model, given))).toBe(0)
  })

  it('answer as a model with W + (α / r) · B · A does', async () => {
    const model = make()
    const adapted = shaken(adapt(model, everywhere))
    const answer = await logits(adapted, given)
    expect(largestDifference(answer, await logits(merged(adapted, 3, 6), given))).toBeLessThan(2e-5)
    expect(largestDifference(answer, await logits(model, given))).toBeGreaterThan(0.1)
  })

  it('write with caches what that model writes', async () => {
    const adapted = shaken(adapt(make(), attention))
    const options = { maxNewTokens: 8, numBeams: 2, decoderStartTokenId: 0 }
    const written = await Promise.all(
      [adapted, merged(adapted, 2, 6)].map(async (model) => {
        const engine = createEngineModel(model)
        const texts = await generate(engine, { inputIds: inputs.inputIds }, options)
        await engine.release()
        return texts.map(({ tokens }) => tokens)
      }),
    )
    expect(written[0]).toEqual(written[1])
  })

  it('alone are trained, and learn', async () => {
    const model = make()
    const before = new Map([...model.parameters].map(([name, { data }]) => [name, data.slice()]))
    const adapted = adapt(model, attention, 1)
    const step = new TrainingStep(adapted, objective, stepOptions)
    const losses: number[] = []
    for (let count = 1; count <= 30; count++) losses.push((await step.run([rows], count, 0.02)).loss)
    await step.release()
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1)
    expect(step.parameters.every(({ name }) => isAdapter(name))).toBe(true)
    for (const [name, data] of before) {
      expect(model.parameters.get(name)!.data).toEqual(data)
      expect(adapted.parameters.get(name)!.data).toBe(model.parameters.get(name)!.data)
    }
  })

  it('get the gradient that the chain rule makes of that of W', async () => {
    const adapted = shaken(adapt(make(), attention))
    const whole = merged(adapted, 2, 6)
    const [step, reference] = [adapted, whole].map((model) => new TrainingStep(model, objective, stepOptions))
    await step!.run([rows.slice(0, 2), rows.slice(2)], 1, 0)
    await reference!.run([rows], 1, 0)
    await Promise.all([step!.release(), reference!.release()])
    for (const { name, shape, gradient } of step!.parameters) {
      const layer = name.replace(/\.lora_[AB]\.weight$/, '')
      const dw = reference!.parameters.find((parameter) => parameter.name === `${layer}.weight`)!
      const [out, width] = dw.shape as [number, number]
      const isA = name.includes('lora_A')
      const other = adapted.parameters.get(`${layer}.lora_${isA ? 'B' : 'A'}.weight`)!.data
      const expected = Float32Array.from(gradient.data, (_, index) => {
        const [row, column] = [Math.floor(index / shape[1]!), index % shape[1]!]
        let sum = 0
        // dA = s · Bᵀ · dW, dB = s · dW · Aᵀ.
        if (isA)
          for (let k = 0; k < out; k++) sum += other[k * 2 + row]! * dw.gradient.data[k * width + column]!
        else
          for (let k = 0; k < width; k++)
            sum += dw.gradient.data[row * width + k]! * other[column * width + k]!
        return 3 * sum
      })
      expect(largestDifference(gradient.data, expected)).toBeLessThan(2e-6)
    }
  })

  it('need no gradient of a frozen weight', () => {
    const shape = { batch: 'batch', source: 'source', target: 'target' }
    const model = adapt(make(), attention)
    const program = compileGradients(traceGradients(model, objective, { shape, labelSmoothing: 0 }))
    const added = model.specifications.filter(({ name }) => isAdapter(name))
    expect(program.outputs.map(({ name }) => name)).toEqual([
      'negativeLogLikelihood',
      ...added.map(({ name }) => `gradient.${name}`),
    ])
    const backward = program.operations.filter((operation) => operation.backward)
    const shapes = backward.flatMap(({ outputs }) => outputs.map((output) => output.shape.join()))
    // Everything else has the sizes of the batch in its shape, or is one number.
    const ofParameters = new Set(model.specifications.map(({ shape: own }) => own.join()))
    ofParameters.delete('1')
    const made = shapes.filter((one) => ofParameters.has(one))
    expect(made.length).toBeGreaterThanOrEqual(added.length)
    expect(new Set(made)).toEqual(new Set(added.map(({ shape: own }) => own.join())))
  })
})

describe('the memory of low-rank training', () => {
  it('is that of the adapter four times: weights, gradients and two moments', () => {
    const base = tinyLlama({ width: 128, feedForwardWidth: 512, layers: 2 })
    const step = new TrainingStep(adapt(base, attention), causal, stepOptions)
    const arrays = step.parameters.flatMap(({ weights, gradient, state }): HostArray[] => [
      weights,
      gradient,
      ...Object.values(state),
    ])
    const floats = step.parameters.reduce((sum, { shape }) => sum + shape[0]! * shape[1]!, 0)
    expect(arrays.reduce((sum, { data }) => sum + data.byteLength, 0)).toBe(4 * 4 * floats)
    const reserved = [...new Set(arrays.map(({ data }) => data.buffer))]
    // Whole pages, and whole cache lines for each array.
    const bound = 16 * floats + 128 * arrays.length + 65_536
    expect(reserved.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThanOrEqual(bound)
    expect(16 * base.parameterCounts.total).toBeGreaterThan(20 * bound)
  })
})

describe('what low-rank adapters begin as', () => {
  it('is zeros in B, and in A uniform numbers within 1 / √in', () => {
    const model = adapt(tinyLlama({ width: 64, feedForwardWidth: 256 }), everywhere, 5)
    const values = (part: string) =>
      model.specifications
        .filter(({ name }) => name.endsWith(`.lora_${part}.weight`))
        .map(({ name, shape }) => ({ width: shape[1]!, data: model.parameters.get(name)!.data }))
    expect(values('B').every(({ data }) => data.every((value) => value === 0))).toBe(true)
    for (const { width, data } of values('A')) {
      const bound = 1 / Math.sqrt(width)
      const largest = Math.max(...data.map(Math.abs))
      expect(largest).toBeLessThanOrEqual(bound)
      expect(largest).toBeGreaterThan(0.9 * bound)
      const square = data.reduce((sum, value) => sum + value * value, 0) / data.length
      expect(square / (bound ** 2 / 3)).toBeGreaterThan(0.7)
    }
  })
})

describe('dropout of what A reads', () => {
  it('moves the loss of training, from mask to mask, and not what the model answers', async () => {
    const dropping = lowRank({ rank: 2, alpha: 6, targets: ['q_proj', 'v_proj'], dropout: 0.5 })
    const [plain, dropped] = [attention, dropping].map((adapter) => shaken(adapt(tinyLlama(), adapter)))
    expect(await logits(dropped!, inputs)).toEqual(await logits(plain!, inputs))
    const step = new TrainingStep(dropped!, causal, stepOptions)
    const losses: number[] = []
    for (const count of [1, 2, 1]) losses.push((await step.run([rows], count, 0)).loss)
    await step.release()
    expect(losses[0]).toBe(losses[2])
    expect(losses[0]).not.toBe(losses[1])
  })
})

describe('settings that make no sense', () => {
  it.each([{ rank: 0 }, { rank: 1.5 }, { alpha: 0 }, { alpha: Number.NaN }, { dropout: 1 }])(
    'are refused: %o',
    (changes) => {
      expect(() => lowRank({ rank: 2, alpha: 2, targets: ['q_proj'], ...changes })).toThrow(
        expect.objectContaining({ code: 'adapter-setting' }),
      )
    },
  )

  it('name a layer that there is not, or one that has an adapter already', () => {
    expect(() => adapt(tinyLlama(), lowRank({ rank: 2, alpha: 2, targets: ['fc1'] }))).toThrow(
      expect.objectContaining({ code: 'layer-target' }),
    )
    expect(() => adapt(adapt(tinyLlama(), attention), everywhere)).toThrow(
      expect.objectContaining({ code: 'parameter-name' }),
    )
  })
})
