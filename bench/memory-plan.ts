/**
 * What a plan says that training will need, against the peak of the resident memory of a process that takes the steps.
 *
 *     npm run bench memory-plan [-- --only llama] [-- --json]
 *
 * Each line is a process of its own, with two threads: it makes the model, takes 4 steps of one batch, or 24 over the batches of rows of
 * all lengths, and tells its peak. A ratio is planned by measured. Ends with an error where one is not within 15 %.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { familyOfType } from '../src/models/families.ts'
import type { ModelSizes } from '../src/models/family.ts'
import { Model } from '../src/models/model.ts'
import { randomStream } from '../src/random.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Example, Objective } from '../src/train/objectives/objective.ts'
import { sequenceToSequence } from '../src/train/objectives/sequence-to-sequence.ts'
import { adamw } from '../src/train/optimizers/adamw.ts'
import { adamw8Bit } from '../src/train/optimizers/adamw-8-bit.ts'
import { batchesToPlan, planTraining } from '../src/train/plan-training.ts'
import { epochPlan } from '../src/train/trainer.ts'
import { TrainingStep } from '../src/train/training-step.ts'

interface Case {
  readonly name: string
  readonly family: 'llama' | 'bart' | 'mbart'
  readonly sizes: ModelSizes
  readonly vocabularySize: number
  readonly labelSmoothing: number
  /** Rows of one length, or tokens of batches of rows of all lengths. */
  readonly batch:
    | { readonly rows: number; readonly source: number; readonly target: number }
    | { readonly maxTokens: number }
}

const fixed = { dropout: 0, maxPositions: 256, tieEmbeddings: false }
const cases: readonly Case[] = [
  {
    name: 'llama 16.8 M, 8 × 256',
    family: 'llama',
    sizes: { ...fixed, width: 384, heads: 6, decoderLayers: 6, feedForwardWidth: 1024 },
    vocabularySize: 8000,
    labelSmoothing: 0,
    batch: { rows: 8, source: 0, target: 256 },
  },
  {
    name: 'llama 110 M, 4 × 256',
    family: 'llama',
    sizes: { ...fixed, width: 768, heads: 12, decoderLayers: 12, feedForwardWidth: 2048 },
    vocabularySize: 16_000,
    labelSmoothing: 0,
    batch: { rows: 4, source: 0, target: 256 },
  },
  {
    name: 'BART-base, 4 × (256 + 64)',
    family: 'bart',
    sizes: {
      dropout: 0,
      maxPositions: 1024,
      width: 768,
      heads: 12,
      encoderLayers: 6,
      decoderLayers: 6,
      feedForwardWidth: 3072,
    },
    vocabularySize: 30_000,
    labelSmoothing: 0,
    batch: { rows: 4, source: 256, target: 64 },
  },
  {
    name: 'recipe mBART, 4,096 tokens',
    family: 'mbart',
    sizes: {
      dropout: 0.1,
      maxPositions: 1024,
      width: 256,
      heads: 4,
      encoderLayers: 4,
      decoderLayers: 4,
      feedForwardWidth: 1024,
      activation: 'relu2',
      copyHead: true,
    },
    vocabularySize: 6000,
    labelSmoothing: 0.1,
    batch: { maxTokens: 4096 },
  },
]

const optimizers = { adamw, 'adamw-8bit': adamw8Bit } as const
type OptimizerName = keyof typeof optimizers

interface Task {
  readonly index: number
  readonly optimizer: OptimizerName
  readonly memory: 'fast' | 'low'
}

function optimizerOf(name: OptimizerName) {
  return optimizers[name]({ beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01 })
}

function modelOf({ family: type, sizes, vocabularySize }: Case): Model {
  const family = familyOfType(type, 'the benchmark')
  return new Model(
    family,
    family.configure(type, sizes, { size: vocabularySize, begin: 0, padding: 1, end: 2 }),
  )
}

function objectiveOf({ family }: Case): Objective {
  return family === 'llama' ? causal : sequenceToSequence
}

/** Rows of one batch; or many whose lengths are spread as those of dialogues are. */
function examplesOf({ batch, vocabularySize }: Case): Example[] {
  const random = randomStream(5, 0)
  const tokens = (length: number) => Int32Array.from({ length }, () => 3 + random.below(vocabularySize - 3))
  if ('rows' in batch) {
    // A decoder reads all tokens of a text but the last.
    const more = batch.source === 0 ? 1 : 0
    return Array.from({ length: batch.rows }, () => ({
      source: tokens(batch.source),
      target: tokens(batch.target + more),
    }))
  }
  const spread = (median: number, least: number, most: number) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction())
    return Math.round(Math.min(most, Math.max(least, median * Math.exp(0.45 * normal))))
  }
  return Array.from({ length: 3000 }, () => ({
    source: tokens(spread(180, 40, 512)),
    target: tokens(spread(34, 8, 128)),
  }))
}

function planned(one: Case, { optimizer, memory }: Task): number {
  const [examples, objective] = [examplesOf(one), objectiveOf(one)]
  const { labelSmoothing, batch } = one
  const batches =
    'rows' in batch
      ? [{ batch: batch.rows, source: batch.source, target: batch.target }]
      : batchesToPlan({
          examples,
          objective,
          maxTokensPerBatch: batch.maxTokens,
          gradientAccumulationSteps: 1,
          seed: 1,
        })
  return planTraining({
    model: modelOf(one),
    objective,
    labelSmoothing,
    memory,
    optimizer: optimizerOf(optimizer),
    batches,
  }).total
}

/** Takes the steps and gives the peak in bytes; in a process of its own. */
async function measured({ index, optimizer, memory }: Task): Promise<number> {
  const one = cases[index]!
  const [examples, objective] = [examplesOf(one), objectiveOf(one)]
  const { labelSmoothing, batch } = one
  const step = new TrainingStep(modelOf(one).initialize(1), objective, {
    seed: 1,
    labelSmoothing,
    maxGradientNorm: 1,
    memory,
    optimizer: optimizerOf(optimizer),
  })
  let batches = Array.from({ length: 4 }, () => examples)
  if ('maxTokens' in batch) {
    const plan = epochPlan({
      examples,
      objective,
      maxTokensPerBatch: batch.maxTokens,
      gradientAccumulationSteps: 1,
      seed: 1,
    })
    const all = plan(1)
      .flat()
      .map((rows) => rows.map((row) => examples[row]!))
    const tokens = (rows: readonly Example[]) =>
      rows.length *
      (Math.max(...rows.map(({ source }) => source.length)) +
        Math.max(...rows.map(({ target }) => target.length)))
    const largest = all.toSorted((left, right) => tokens(right) - tokens(left)).slice(0, 4)
    batches = [...all.slice(0, 20), ...largest]
  }
  for (const [at, rows] of batches.entries()) await step.run([rows], at + 1, 1e-5)
  return process.resourceUsage().maxRSS * 1024
}

function measuredApart(task: Task): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['--task', JSON.stringify(task)])
  return new Promise((resolve, reject) => {
    child.once('message', (bytes) => resolve(bytes as number))
    child.once('exit', (code) => reject(new Error(`the measured process ended with ${code}`)))
  })
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

const task = argument('--task')
if (task !== undefined) {
  const bytes = await measured(JSON.parse(task) as Task)
  process.send!(bytes, () => process.exit())
} else {
  const results = []
  for (const [index, one] of cases.entries()) {
    if (!one.name.includes(argument('--only') ?? '')) continue
    for (const memory of ['fast', 'low'] as const) {
      for (const optimizer of ['adamw', 'adamw-8bit'] as const) {
        const task = { index, optimizer, memory }
        const [plan, peak] = [planned(one, task), await measuredApart(task)]
        results.push({ name: one.name, optimizer, memory, planned: plan, measured: peak, ratio: plan / peak })
        const shown = [plan, peak].map((bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`.padStart(9))
        if (!process.argv.includes('--json'))
          process.stdout.write(
            `${one.name.padEnd(27)} ${optimizer.padEnd(11)} ${memory.padEnd(5)} planned ${shown[0]}  measured ${shown[1]}  ${(plan / peak).toFixed(3)}\n`,
          )
      }
    }
  }
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(results)}\n`)
  if (results.some(({ ratio }) => Math.abs(ratio - 1) > 0.15)) process.exitCode = 1
}
