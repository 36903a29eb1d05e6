/** What a training step of a model computes, and where its time goes, operation by operation and line by line. */
import { operationTable, sumRows, type OperationRow } from '../engine/operation-table.ts'
import { YuksuError } from '../errors.ts'
import { familyOfType } from '../models/families.ts'
import { Model } from '../models/model.ts'
import { configurationOf } from '../models/presets.ts'
import type { EncoderConfiguration, EncoderHead } from '../models/family.ts'
import type { Products } from '../models/products.ts'
import { randomStream } from '../random.ts'
import { causal } from './objectives/causal.ts'
import { textClassification, tokenClassification } from './objectives/classification.ts'
import { maskedWords } from './objectives/masked-words.ts'
import type { Example, Objective } from './objectives/objective.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { adamw } from './optimizers/adamw.ts'
import { TrainingStep } from './training-step.ts'
import { compileGradients, traceGradients } from './training-program.ts'

/** The sizes of the batch that is looked at; a decoder has no source. */
export interface StepSizes {
  readonly batch: number
  readonly source: number
  readonly target: number
}

export interface StepGraph {
  readonly sizes: StepSizes
  readonly operations: readonly OperationRow[]
  readonly totals: { readonly operations: number; readonly multiplications: number; readonly bytes: number }
}

/** The operations of one step by the model's `config.json` alone: nothing of its size is allocated. */
export async function inspectGraph(folder: string, sizes: StepSizes): Promise<StepGraph> {
  const model = await untrainedModel(folder)
  return stepGraph(model, sizes)
}

export function stepGraph(model: Model, sizes: StepSizes): StepGraph {
  checkSizes(model, sizes)
  const shape = { batch: 'batch', source: 'source', target: 'target' }
  const program = compileGradients(traceGradients(model, objectiveOf(model), { shape, labelSmoothing: 0 }))
  const operations = operationTable(program, { ...sizes })
  const sum = (of: (row: OperationRow) => number) => operations.reduce((total, row) => total + of(row), 0)
  return {
    sizes,
    operations,
    totals: {
      operations: sum(({ count }) => count),
      multiplications: sum((row) => row.multiplications),
      bytes: sum(({ bytes }) => bytes),
    },
  }
}

/** Milliseconds a step, the mean of the profiled ones. */
export interface StepProfile {
  readonly sizes: StepSizes
  readonly steps: number
  /** By the clock, all of it. */
  readonly step: number
  /** Within the gradient program, its operations. */
  readonly program: number
  /** What the runtime did that tells of no operation of ours. */
  readonly runtime: number
  readonly byOperation: readonly ProfileEntry[]
  readonly byLine: readonly ProfileEntry[]
}

export interface ProfileEntry {
  readonly name: string
  readonly count: number
  readonly milliseconds: number
  /** Multiplications with their additions; 0 where the work is to move bytes. */
  readonly multiplications: number
  readonly bytes: number
}

/** Times steps of AdamW over random tokens, after two that are not counted. The weights are random: they cost the same. */
export async function profileStep(
  folder: string,
  sizes: StepSizes,
  steps: number,
  products?: Products,
): Promise<StepProfile> {
  return profileModel((await untrainedModel(folder)).initialize(1), sizes, steps, products)
}

export async function profileModel(
  model: Model,
  sizes: StepSizes,
  steps: number,
  products: Products = 'float32',
): Promise<StepProfile> {
  checkSizes(model, sizes)
  const stepper = new TrainingStep(model, objectiveOf(model), {
    seed: 1,
    labelSmoothing: 0,
    maxGradientNorm: 1,
    optimizer: adamw({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 }),
    products,
    profile: true,
  })
  try {
    const examples = randomExamples(model, sizes)
    const seconds: number[] = []
    for (let step = 1; step <= steps + untimed; step++) {
      const began = performance.now()
      // Random tokens teach nothing: with a rate of nought the weights stay as they are.
      await stepper.run([examples], step, 0)
      if (step > untimed) seconds.push(performance.now() - began)
    }
    const profile = await stepper.profile(untimed)
    const rows = operationTable(profile.program, { ...sizes }, profile)
    const entries = (nameOf: (row: OperationRow) => string) =>
      sumRows(rows, nameOf).map(({ milliseconds = 0, ...rest }) => ({ ...rest, milliseconds }))
    const byOperation = entries(({ name, backward }) => (backward ? `${name}, backward` : name))
    return {
      sizes,
      steps,
      step: seconds.reduce((total, value) => total + value, 0) / steps,
      program: byOperation.reduce((total, { milliseconds }) => total + milliseconds, 0),
      runtime: profile.otherMilliseconds / profile.runs,
      byOperation,
      byLine: entries(({ line, backward }) => (backward ? `${line}, backward` : line)),
    }
  } finally {
    await stepper.release()
  }
}

const untimed = 2

async function untrainedModel(folder: string): Promise<Model> {
  const json = await configurationOf(folder)
  const family = familyOfType(json.model_type, folder)
  return new Model(family, family.parseConfiguration(json))
}

const encoderObjectives: Partial<Record<EncoderHead, Objective>> = {
  'masked-words': maskedWords,
  'next-sentence': textClassification,
  'sequence-classification': textClassification,
  'token-classification': tokenClassification,
}

function objectiveOf(model: Model): Objective {
  const { family, configuration } = model
  if (family.kind !== 'encoder') return family.kind === 'decoder' ? causal : sequenceToSequence
  const { head } = configuration as EncoderConfiguration
  const found = encoderObjectives[head]
  if (found !== undefined) return found
  throw new YuksuError(
    'objective',
    `a ${family.name} model with the head '${head}' is not trained here; a step can be inspected of ${Object.keys(encoderObjectives).join(', ')}`,
  )
}

function checkSizes(model: Model, sizes: StepSizes): void {
  const { kind } = model.family
  const longest = Math.max(kind === 'encoder' ? 0 : sizes.target, kind === 'decoder' ? 0 : sizes.source)
  const { maxPositions } = model.configuration
  if (longest > maxPositions) {
    throw new YuksuError(
      'context-length-exceeded',
      `${longest} tokens a row were asked for, the model reads at most ${maxPositions}; give shorter ones`,
    )
  }
}

function randomExamples(model: Model, { batch, source, target }: StepSizes): Example[] {
  const { vocabularySize } = model.configuration
  const random = randomStream(7, 0)
  const tokens = (length: number) => Int32Array.from({ length }, () => random.below(vocabularySize))
  const decoder = model.family.kind === 'decoder'
  if (model.family.kind === 'encoder') {
    const { labels, head } = model.configuration as EncoderConfiguration
    const classes = head === 'masked-words' ? vocabularySize : labels.length
    return Array.from({ length: batch }, () => ({
      source: tokens(source),
      target: Int32Array.from({ length: source }, () => random.below(classes)),
      label: random.below(2),
    }))
  }
  // A decoder reads all tokens of a text but the last.
  return Array.from({ length: batch }, () => ({
    source: tokens(decoder ? 0 : source),
    target: tokens(decoder ? target + 1 : target),
  }))
}
