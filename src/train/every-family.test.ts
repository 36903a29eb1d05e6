/** What must hold of a model whatever its family: it is in files as published, in parts, under adapters and in few bits what it is whole. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adapt } from '../adapters/adapter.ts'
import { lowRank } from '../adapters/low-rank.ts'
import { dequantize } from '../engine/quantized.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import { createEngineModel } from '../generate/engine-model.ts'
import { ForwardPass } from '../models/forward.ts'
import { llamaFixtures } from '../models/llama/testing.ts'
import { Model, openModel, readConfiguration } from '../models/model.ts'
import { decoderFixtures } from '../models/testing-decoders.ts'
import { quantizeModel } from '../quantize/quantize-model.ts'
import { causal } from './objectives/causal.ts'
import { textClassification, tokenClassification } from './objectives/classification.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { notLearned } from './objectives/encoder-rows.ts'
import { maskedWords } from './objectives/masked-words.ts'
import type { Example, Objective } from './objectives/objective.ts'
import { largestDifference, randomExamples, stepOptions } from './testing.ts'
import { TrainingStep, type TrainingStepOptions } from './training-step.ts'

const fixtures = join(import.meta.dirname, '../models/fixtures')
/** What an encoder learns stands beside its source. */
const classes = 2
const examples: Example[] = randomExamples(4).map((row, index) => ({ ...row, label: index % classes }))
const encoderExamples = examples.map((row) => ({
  ...row,
  languages: row.source.map((token) => token % classes),
  target: row.source.map((token, index) => (index % 2 === 0 ? notLearned : token % classes)),
}))

/** With dropout, where the family has any. */
async function dropping(folder: string): Promise<Model> {
  const { family, configuration, parameters } = await openModel(folder)
  const rates = Object.keys(configuration).filter((name) => /dropout$/i.test(name))
  const model = new Model(family, {
    ...configuration,
    ...Object.fromEntries(rates.map((name) => [name, 0.2])),
  })
  for (const [name, { data }] of parameters) model.parameters.get(name)!.data.set(data)
  return model
}

async function gradients(model: Model, objective: Objective, options: Partial<TrainingStepOptions> = {}) {
  const step = new TrainingStep(model, objective, { ...stepOptions, ...options })
  const rows = model.family.kind === 'encoder' ? encoderExamples : examples
  const { loss } = await step.run([rows.slice(0, 1), rows.slice(1)], 3, 0)
  await step.release()
  return { loss, gradient: step.parameters.flatMap(({ gradient }) => [...gradient.data]) }
}

describe.each([
  ['bart', sequenceToSequence],
  ['mbart', sequenceToSequence],
  ['pegasus', sequenceToSequence],
  ['t5', sequenceToSequence],
  ['t5-gated', sequenceToSequence],
  ['mt5', sequenceToSequence],
  ['longt5', sequenceToSequence],
  ['longt5-global', sequenceToSequence],
  ...decoderFixtures.map((name) => [name, causal] as const),
  ...llamaFixtures.map((name) => [name, causal] as const),
  ['mamba', causal],
  ['mamba-biases', causal],
  ['bert-masked', maskedWords],
  ['bert-classifier', textClassification],
  ['bert-next-sentence', textClassification],
  ['bert-tokens', tokenClassification],
  ['roberta-masked', maskedWords],
  ['roberta-classifier', textClassification],
  ['xlm-roberta-tokens', tokenClassification],
  ['xlm-masked', maskedWords],
] as const)('%s', (name, objective) => {
  const folder = join(fixtures, name)

  it('is written as it was read: the same values under the published names, and the same configuration', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'yuksu-'))
    try {
      const model = await openModel(folder)
      await model.write(copy)
      const [ours, theirs] = await Promise.all(
        [copy, folder].map((path) => openSafetensors(join(path, 'model.safetensors'))),
      )
      const buffers = new Set(model.specifications.flatMap((one) => (one.trainable ? [] : [one.name])))
      const published = (names: readonly string[]) => names.filter((one) => !buffers.has(one)).toSorted()
      expect(published(ours!.names)).toEqual(published(theirs!.names))
      await Promise.all([ours!.close(), theirs!.close()])
      const again = await openModel(copy)
      expect(again.configuration).toEqual(model.configuration)
      for (const [parameter, { data }] of model.parameters)
        expect(again.parameters.get(parameter)!.data).toEqual(data)
      const [before, after] = await Promise.all([folder, copy].map(readConfiguration))
      expect([after!.model_type, after!.architectures]).toEqual([before!.model_type, before!.architectures])
    } finally {
      await rm(copy, { recursive: true })
    }
  })

  const writes = !/^(bert|roberta|xlm)/.test(name)
  it.skipIf(!writes)('says step by step, over its cache, what it says of the whole', async () => {
    const model = await openModel(folder)
    const written = [3, 9, 4, 11, 5, 12, 6, 13, 7]
    const isEncoderDecoder = model.family.kind === 'encoder-decoder'
    const pass = new ForwardPass(model)
    const engine = createEngineModel(model)
    const { source } = examples[0]!
    // Of each beginning by itself: LongRoPE reads the first tokens of a long row otherwise.
    const wholeScores = async (length: number) => {
      const read = [written.slice(0, length)]
      const { logits } = await pass.run(
        isEncoderDecoder ? { inputIds: [[...source]], decoderInputIds: read } : { inputIds: read },
      )
      return logits.data.subarray(-model.configuration.vocabularySize)
    }
    const state = await engine.start({
      ...(isEncoderDecoder && { inputs: [source] }),
      prompts: [written.slice(0, 2)],
      rowsPerExample: 2,
      maximumNewTokens: written.length,
    })
    const vocabulary = model.configuration.vocabularySize
    let scores = state.logits
    for (let length = 2; length <= written.length; length++) {
      const whole = await wholeScores(length)
      const rows = scores.length / vocabulary
      for (let row = 0; row < rows; row++) {
        const own = scores.subarray(row * vocabulary, (row + 1) * vocabulary)
        expect(largestDifference(own, whole)).toBeLessThan(1e-5)
      }
      const next = written[length] ?? 3
      // Two rows of one example from the second step on, as beams are.
      scores = await state.step(Int32Array.of(next, next), rows === 1 ? Int32Array.of(0, 0) : undefined)
    }
    state.dispose()
    await Promise.all([pass.release(), engine.release()])
  })

  it('has in parts, with memory: low, the gradients that it has whole, dropout and all', async () => {
    const whole = await gradients(await dropping(folder), objective)
    const parts = await gradients(await dropping(folder), objective, { memory: 'low' })
    const still = await gradients(await openModel(folder), objective)
    expect(Math.abs(parts.loss - whole.loss)).toBeLessThan(1e-5)
    expect(largestDifference(parts.gradient, whole.gradient)).toBeLessThan(1e-5)
    expect(Math.max(...whole.gradient.map(Math.abs))).toBeGreaterThan(1e-2)
    expect(largestDifference(still.gradient, whole.gradient)).toBeGreaterThan(1e-3)
  })

  it('drops while it learns what it is told to, over the same values, and its configuration says so', async () => {
    const model = await openModel(folder)
    const told = model.withDropout(0.5)
    const [before, after] = [await gradients(model, objective), await gradients(told, objective)]
    // Training has moved the values into memory of its own, those of both.
    for (const [parameter, array] of told.parameters) expect(model.parameters.get(parameter)).toBe(array)
    expect(Math.abs(after.loss - before.loss)).toBeGreaterThan(1e-4)
    const { family } = told
    const read = family.parseConfiguration(family.formatConfiguration(told.configuration))
    expect(read).toMatchObject(family.dropouts(0.5))
    expect(family.dropouts(0.5)).not.toEqual(family.dropouts(0.25))
  })

  it('learns by LoRA around every linear layer over weights in few bits', async () => {
    const quantized = await quantizeModel(await openModel(folder), { format: 'int4', blockSize: 16 })
    const layers = new Set(quantized.quantized.keys())
    expect(layers.size).toBeGreaterThan(3)
    const exact = new Model(quantized.family, quantized.configuration)
    for (const [parameter, { data }] of exact.parameters) {
      const stored = quantized.quantized.get(parameter)
      data.set(stored === undefined ? quantized.parameters.get(parameter)!.data : dequantize(stored.weight))
    }
    const adapter = lowRank({ rank: 2, alpha: 4, targets: 'all-linear' })
    const [ours, wanted] = [quantized, exact].map((model) => adapt(model, adapter, 1))
    expect(ours!.specifications.filter(({ trainable }) => trainable)).toHaveLength(2 * layers.size)
    const found = await gradients(ours!, objective)
    const reference = await gradients(wanted!, objective)
    expect(Math.abs(found.loss - reference.loss)).toBeLessThan(1e-5)
    expect(largestDifference(found.gradient, reference.gradient)).toBeLessThan(1e-5)
    expect(Math.max(...found.gradient.map(Math.abs))).toBeGreaterThan(1e-3)
  })
})
