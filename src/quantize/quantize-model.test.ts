import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adapt } from '../adapters/adapter.ts'
import { lowRank } from '../adapters/low-rank.ts'
import { dequantize } from '../engine/quantized.ts'
import { nativeHindrance } from '../engine/native-testing.ts'
import { createEngineModel } from '../generate/engine-model.ts'
import { generate } from '../generate/generate.ts'
import { type ForwardInputs, ForwardPass } from '../models/forward.ts'
import { Model } from '../models/model.ts'
import { causal } from '../train/objectives/causal.ts'
import type { Objective } from '../train/objectives/objective.ts'
import { sequenceToSequence } from '../train/objectives/sequence-to-sequence.ts'
import { largestDifference, randomExamples, stepOptions, tinyBart, tinyLlama } from '../train/testing.ts'
import { TrainingStep } from '../train/training-step.ts'
import { openQuantizedModel, quantizeModel, type QuantizeOptions } from './quantize-model.ts'

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
const formats: QuantizeOptions[] = [
  { format: 'int8' },
  { format: 'int4', blockSize: 16 },
  { format: 'nf4', blockSize: 16 },
]
const cases = kinds.flatMap(([title, ...rest]) =>
  formats.map((options) => [`${title} in ${options.format}`, options, ...rest] as const),
)
const adapter = lowRank({ rank: 2, alpha: 6, targets: ['q_proj', 'v_proj'] })

/** A model in f32 with the very numbers that the codes stand for. */
function dequantized(model: Model): Model {
  const made = new Model(model.family, model.configuration)
  for (const [name, { data }] of made.parameters) {
    const stored = model.quantized.get(name)
    data.set(stored === undefined ? model.parameters.get(name)!.data : dequantize(stored.weight))
  }
  return made
}

async function logits(model: Model, given: ForwardInputs): Promise<Float32Array> {
  const pass = new ForwardPass(model)
  const { data } = (await pass.run(given)).logits
  await pass.release()
  return data
}

/** Bytes of the memories that hold a model's parameters, and of its weights in few bits. */
function heldBytes(model: Model): number {
  const memories = new Set([...model.parameters.values()].map(({ data }) => data.buffer))
  const stored = [...model.quantized.values()].reduce((sum, { weight }) => sum + weight.bytes, 0)
  return [...memories].reduce((sum, { byteLength }) => sum + byteLength, stored)
}

describe.each(cases)('%s', (_, options, make, objective, given) => {
  it('answers as a model in f32 of the numbers that its codes stand for', async () => {
    const model = make()
    const quantized = await quantizeModel(model, options)
    expect(quantized.quantized.size).toBeGreaterThan(10)
    const answer = await logits(quantized, given)
    expect(largestDifference(answer, await logits(dequantized(quantized), given))).toBeLessThan(1e-5)
    expect(largestDifference(answer, await logits(model, given))).toBeGreaterThan(1e-3)
  })

  it('writes with caches what that model writes', async () => {
    const quantized = await quantizeModel(make(), options)
    const settings = { maxNewTokens: 8, decoderStartTokenId: 0 }
    const texts: (readonly number[])[][] = []
    for (const model of [quantized, dequantized(quantized)]) {
      const engine = createEngineModel(model)
      const written = await generate(engine, { inputIds: inputs.inputIds }, settings)
      texts.push(written.map(({ tokens }) => [...tokens]))
      await engine.release()
    }
    expect(texts[0]).toEqual(texts[1])
  })

  it('gives an adapter the gradients that it has on that model, and what both learn is the same', async () => {
    const quantized = await quantizeModel(make(), options)
    const steps = [quantized, dequantized(quantized)].map(
      (model) => new TrainingStep(adapt(model, adapter, 2), objective, stepOptions),
    )
    const rows = randomExamples(5)
    for (let count = 1; count <= 3; count++) {
      const results = []
      for (const step of steps) results.push(await step.run([rows], count, 0.02))
      expect(Math.abs(results[0]!.loss - results[1]!.loss)).toBeLessThan(1e-5)
    }
    const [ours, reference] = steps.map(({ parameters }) => parameters)
    const names = reference!.map(({ name }) => name)
    expect(ours!.map(({ name }) => name)).toEqual(names)
    for (const [index, { gradient, name }] of ours!.entries()) {
      const difference = largestDifference(gradient.data, reference![index]!.gradient.data)
      expect.soft(difference, name).toBeLessThan(1e-5)
      expect(Math.max(...gradient.data.map(Math.abs))).toBeGreaterThan(1e-4)
    }
    for (const step of steps) await step.release()
  })
})

describe.skipIf((await nativeHindrance()) !== undefined)('a quantized model by the native library', () => {
  it.each(['int4', 'nf4'] as const)(
    'gives an adapter the gradients of a model in f32 of its numbers, in %s, whole and in parts that are alike but for their codes',
    async (format) => {
      // Large enough that programs carry neither codes nor scales.
      const heads = { heads: 4, keyValueHeads: 4, headWidth: 64 }
      const sizes = { ...heads, width: 256, feedForwardWidth: 256, layers: 3, tieEmbeddings: false }
      const quantized = await quantizeModel(tinyLlama(sizes), { format })
      const gradientsOf = async (model: Model, memory: 'fast' | 'low') => {
        const options = { ...stepOptions, products: 'int8x6', memory } as const
        const step = new TrainingStep(adapt(model, adapter, 2), causal, options)
        await step.run([randomExamples(5)], 1, 0)
        await step.release()
        return step.parameters.map(({ gradient }) => gradient.data)
      }
      const wanted = await gradientsOf(dequantized(quantized), 'fast')
      for (const memory of ['fast', 'low'] as const) {
        const found = await gradientsOf(quantized, memory)
        wanted.forEach((values, index) => expect(largestDifference(found[index]!, values)).toBeLessThan(1e-6))
      }
    },
  )
})

describe('a quantized model', () => {
  const sizes = { width: 128, feedForwardWidth: 512, layers: 4, tieEmbeddings: false }

  it.each([
    [{ format: 'int8' }, 0.3],
    [{ format: 'int4' }, 0.2],
    [{ format: 'nf4' }, 0.2],
  ] as const)('with %o takes at most %d of the memory of f32, and none of it', async (options, share) => {
    const model = tinyLlama(sizes)
    const quantized = await quantizeModel(model, options)
    expect(heldBytes(quantized)).toBeLessThan(share * heldBytes(model))
    const memory = new Set([...model.parameters.values()].map(({ data }) => data.buffer))
    expect([...quantized.parameters.values()].some(({ data }) => memory.has(data.buffer))).toBe(false)
    expect(quantized.parameterCounts).toEqual({ total: model.parameterCounts.total, trainable: 0 })
  })

  it('keeps embeddings, norms and the head, which may be asked for by name', async () => {
    const model = tinyLlama(sizes)
    const kept = [...(await quantizeModel(model, { format: 'int8' })).parameters.keys()]
    expect(kept.filter((name) => !name.includes('norm'))).toEqual([
      'model.embed_tokens.weight',
      'lm_head.weight',
    ])
    const head = await quantizeModel(model, { format: 'int8', targets: ['lm_head'] })
    expect([...head.quantized.keys()]).toEqual(['lm_head.weight'])
  })

  it('answers a little less exactly by the products for decoding, and trains by the exact one', async () => {
    for (const [format, product] of [
      ['int4', 'blocks'],
      ['int8', 'int8'],
    ] as const) {
      const model = tinyLlama({ ...sizes, layers: 2, initializationDeviation: 0.08 })
      const exact = await quantizeModel(model, { format })
      const fast = await quantizeModel(model, { format, product })
      const [wanted, given] = [await logits(exact, inputs), await logits(fast, inputs)]
      const norm = (values: Float32Array) => Math.hypot(...values)
      const error = norm(given.map((value, index) => value - wanted[index]!)) / norm(wanted)
      expect(error).toBeLessThan(0.04)
      expect(error).toBeGreaterThan(1e-4)
      const losses: number[] = []
      for (const base of [exact, fast]) {
        const step = new TrainingStep(adapt(base, adapter), causal, stepOptions)
        losses.push((await step.run([randomExamples(4)], 1, 0)).loss)
        await step.release()
      }
      expect(losses[0]).toBe(losses[1])
    }
  })

  it('is the same where it is opened from a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yuksu-quantize-'))
    const model = tinyBart({ copyHead: true })
    await model.write(folder)
    const [opened, made] = [
      await openQuantizedModel(folder, { format: 'nf4' }),
      await quantizeModel(model, { format: 'nf4' }),
    ]
    await rm(folder, { recursive: true })
    expect([...opened.quantized]).toEqual([...made.quantized])
    expect([...opened.parameters].map(([name, { data }]) => [name, data])).toEqual(
      [...made.parameters].map(([name, { data }]) => [name, data]),
    )
  })

  it('cannot be trained but for an adapter', async () => {
    const model = await quantizeModel(tinyLlama(), { format: 'int8' })
    expect(() => new TrainingStep(model, causal, stepOptions)).toThrow(
      expect.objectContaining({ code: 'nothing-to-train' }),
    )
  })

  it('is not quantized twice, nor where its head is the table of embeddings', async () => {
    const model = await quantizeModel(tinyLlama(), { format: 'int8' })
    await expect(quantizeModel(model, { format: 'nf4' })).rejects.toMatchObject({
      code: 'quantized-parameter',
    })
    const tied = quantizeModel(tinyLlama(), { format: 'int8', targets: ['lm_head'] })
    await expect(tied).rejects.toMatchObject({ code: 'tied-weight' })
  })
})
