import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from '../engine/lowering.ts'
import { floats, Session } from '../engine/session.ts'
import { openSafetensors, type SafetensorsFile } from '../formats/safetensors.ts'
import { llamaFixtures } from '../models/llama/testing.ts'
import { Model, openModel } from '../models/model.ts'
import { readStored } from '../models/stored-tensors.ts'
import { decoderFixtures } from '../models/testing-decoders.ts'
import { causal } from './objectives/causal.ts'
import { textClassification, tokenClassification } from './objectives/classification.ts'
import { maskedWords } from './objectives/masked-words.ts'
import type { Example, Objective } from './objectives/objective.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { adamw } from './optimizers/adamw.ts'
import { largestDifference, stepOptions } from './testing.ts'
import { TrainingStep } from './training-step.ts'

/** How far two computations of one gradient in f32 may be apart here. */
const gradientRounding = 1e-7

const fixtures = join(import.meta.dirname, '../models/fixtures')

interface Expected {
  readonly inputs: {
    readonly input_ids: number[][]
    readonly attention_mask: number[][]
    readonly decoder_input_ids?: number[][]
    readonly token_type_ids?: number[][]
    readonly langs?: number[][]
    readonly labels: number[][]
  }
  readonly loss: number
  readonly 'label_smoothed_loss_0.1'?: number
  readonly gradient_norm: number
  readonly adamw: {
    readonly settings: {
      readonly lr: number
      readonly betas: [number, number]
      readonly eps: number
      readonly weight_decay: number
      readonly max_gradient_norm: number
    }
    readonly steps: readonly { readonly loss: number; readonly gradient_norm: number }[]
    readonly loss_after: number
  }
}

/** The reference ran without dropout. */
async function withoutDropout(folder: string): Promise<Model> {
  const opened = await openModel(folder)
  const rates = { dropout: 0, attentionDropout: 0, classifierDropout: 0 }
  const model = new Model(opened.family, { ...opened.configuration, ...rates } as Model['configuration'])
  for (const [name, { data }] of opened.parameters) model.parameters.get(name)!.data.set(data)
  return model
}

function isOfEncoder({ token_type_ids: tokenTypes, langs }: Expected['inputs']): boolean {
  return tokenTypes !== undefined || langs !== undefined
}

function examplesOf({ inputs }: Expected): Example[] {
  return inputs.input_ids.map((ids, row) => {
    const read = Int32Array.from(ids.filter((_, index) => inputs.attention_mask[row]![index]))
    const labels = inputs.labels[row]!
    if (isOfEncoder(inputs)) {
      const own = (values: readonly number[]) => Int32Array.from(values.slice(0, read.length))
      return {
        source: read,
        ...(inputs.token_type_ids && { tokenTypes: own(inputs.token_type_ids[row]!) }),
        ...(inputs.langs && { languages: own(inputs.langs[row]!) }),
        ...(typeof labels === 'number'
          ? { label: labels, target: new Int32Array(0) }
          : { target: own(labels) }),
      }
    }
    if (inputs.decoder_input_ids === undefined) {
      return {
        source: new Int32Array(0),
        target: read,
        contextLength: labels.findIndex((label) => label !== -100),
      }
    }
    return { source: read, target: Int32Array.from(labels.filter((label) => label !== -100)) }
  })
}

describe.each<readonly [string, Objective]>([
  ['bart', sequenceToSequence],
  ['bart-scaled', sequenceToSequence],
  ['mbart', sequenceToSequence],
  ['pegasus', sequenceToSequence],
  ['t5', sequenceToSequence],
  ['t5-gated', sequenceToSequence],
  ['mt5', sequenceToSequence],
  ['longt5', sequenceToSequence],
  ['longt5-global', sequenceToSequence],
  ['llama', causal],
  ['llama3', causal],
  ['llama-yarn', causal],
  ['mamba', causal],
  ['mamba-biases', causal],
  ...decoderFixtures.map((name) => [name, causal] as const),
  ...llamaFixtures.map((name) => [name, causal] as const),
  ['bert-masked', maskedWords],
  ['bert-next-sentence', textClassification],
  ['bert-classifier', textClassification],
  ['bert-tokens', tokenClassification],
  ['roberta-masked', maskedWords],
  ['roberta-classifier', textClassification],
  ['xlm-roberta-tokens', tokenClassification],
  ['xlm-masked', maskedWords],
])('%s trains as in transformers and torch', async (name, objective) => {
  const folder = join(fixtures, name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  const { family, configuration } = await openModel(folder)
  const specifications = family.parameters(configuration)
  const examples = examplesOf(expected)
  const { settings, steps, loss_after: lossAfter } = expected.adamw
  const options = {
    ...stepOptions,
    labelSmoothing: 0,
    maxGradientNorm: settings.max_gradient_norm,
    optimizer: adamw({
      beta1: settings.betas[0],
      beta2: settings.betas[1],
      epsilon: settings.eps,
      weightDecay: settings.weight_decay,
    }),
  }

  /** The values of a parameter out of a file, the way round in which memory has them. */
  const read = (file: SafetensorsFile, parameter: string): Promise<Float32Array> =>
    readStored(file, { ...specifications.find(({ name: own }) => own === parameter)!, stored: parameter })

  // What an encoder is fed, its own parity test compares; the reference smooths no labels of it.
  const isEncoder = isOfEncoder(expected.inputs)

  it.skipIf(isEncoder)('feeds the very ids that the reference was given', async () => {
    const { feeds } = objective.collate(await withoutDropout(folder), examples)
    const { input_ids: inputIds, decoder_input_ids: decoderInputIds, labels } = expected.inputs
    const flat = (tensor: string) => [...(feeds[tensor]!.data as BigInt64Array)].map(Number)
    const weights = [...(feeds.weights!.data as Float32Array)]
    const learned = flat('targets').filter((_, index) => weights[index])
    // Of a decoder the reference shifts the labels itself, and its inputs have one column more.
    const wanted = labels.flatMap((row) => (decoderInputIds === undefined ? row.slice(1) : row))
    expect(weights).toEqual(wanted.map((label) => Number(label !== -100)))
    expect(learned).toEqual(wanted.filter((label) => label !== -100))
    const given = [...(decoderInputIds ? flat('source') : []), ...flat('tokens')]
    const reference = decoderInputIds
      ? [...inputIds.flat(), ...decoderInputIds.flat()]
      : examples.flatMap(({ target }) => {
          const row = new Array<number>(inputIds[0]!.length - 1).fill(0)
          return Object.assign(row, [...target.subarray(0, -1)])
        })
    expect(given).toEqual(reference)
  })

  it.skipIf(isEncoder)('has the same label-smoothed loss', async () => {
    const model = await withoutDropout(folder)
    const shape = { batch: 'batch', source: 'source', target: 'target' }
    const { loss } = objective.trace(model, shape, { training: true, labelSmoothing: 0.1 })
    const session = await Session.create(compile({ loss }), { threads: 1 })
    const { feeds, targetTokens } = objective.collate(model, examples)
    const inverseCount = floats(Float32Array.of(1 / targetTokens), [])
    const results = await session.run({ ...model.feeds(), ...feeds, inverseCount })
    await session.release()
    const difference = Math.abs((results.loss!.data[0] as number) - expected['label_smoothed_loss_0.1']!)
    expect(difference).toBeLessThan(1e-5)
  })

  it('has the same loss, gradient norm and gradient of every parameter', async () => {
    const step = new TrainingStep(await withoutDropout(folder), objective, options)
    const result = await step.run([examples], 1, 0)
    await step.release()
    expect(Math.abs(result.loss - expected.loss)).toBeLessThan(1e-5)
    expect(Math.abs(result.gradientNorm - expected.gradient_norm)).toBeLessThan(1e-5)
    const file = await openSafetensors(join(folder, 'gradients.safetensors'))
    expect(step.parameters.map((parameter) => parameter.name).sort()).toEqual([...file.names].sort())
    const differences: string[] = []
    for (const { name: parameter, gradient } of step.parameters) {
      const difference = largestDifference(gradient.data, await read(file, parameter))
      differences.push(`${parameter}: ${difference < 1e-5 ? 'equal' : difference}`)
    }
    await file.close()
    expect(differences).toEqual(step.parameters.map(({ name: parameter }) => `${parameter}: equal`))
  })

  it('has the same parameters after three clipped AdamW steps', async () => {
    const step = new TrainingStep(await withoutDropout(folder), objective, options)
    // The reference decays norms and biases too, which we leave out.
    for (const parameter of step.parameters) Object.assign(parameter, { decays: true })
    const smallest = step.parameters.map(({ weights }) =>
      new Float32Array(weights.data.length).fill(Infinity),
    )
    for (const [index, wanted] of steps.entries()) {
      const result = await step.run([examples], index + 1, settings.lr)
      expect(Math.abs(result.loss - wanted.loss)).toBeLessThan(1e-5)
      expect(Math.abs(result.gradientNorm - wanted.gradient_norm)).toBeLessThan(1e-5)
      // What Adam divides by: the size of past gradients.
      const bias = 1 - settings.betas[1] ** (index + 1)
      step.parameters.forEach(({ state }, place) => {
        const sizes = smallest[place]!
        state.square!.data.forEach((value, element) => {
          sizes[element] = Math.min(sizes[element]!, Math.sqrt(value / bias))
        })
      })
    }
    const file = await openSafetensors(join(folder, 'adamw.safetensors'))
    let beyond = 0
    for (const [place, { name: parameter, weights }] of step.parameters.entries()) {
      const reference = await read(file, parameter)
      expect(reference).toHaveLength(weights.data.length)
      reference.forEach((value, index) => {
        // The rounding of a gradient that is nearly 0, as that of each k_proj.bias (softmax ignores it), is magnified.
        const bound = 1e-5 + (settings.lr * gradientRounding) / smallest[place]![index]!
        if (!(Math.abs(weights.data[index]! - value) < bound)) beyond++
      })
    }
    await file.close()
    expect(beyond).toBe(0)
    expect(Math.abs((await step.run([examples], 4, 0)).loss - lossAfter)).toBeLessThan(1e-5)
    await step.release()
  })
})
