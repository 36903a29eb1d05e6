import { mkdir } from 'node:fs/promises'
import { addNoise, hideForInfilling, infillingLength } from '../data/denoising.ts'
import type { SummarizationRow } from '../data/summarization-rows.ts'
import { YuksuError } from '../errors.ts'
import type { GenerationOptions } from '../generate/options.ts'
import { createTextModel } from '../generate/text-model.ts'
import type { Model } from '../models/model.ts'
import { randomStream } from '../random.ts'
import type { DropReport } from '../runs/dropped-rows.ts'
import { createProgress, formatDuration } from '../runs/progress.ts'
import type { Run } from '../runs/run.ts'
import { renderSource } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { interchangeTokens } from '../train/interchange-tokens.ts'
import { causal } from '../train/objectives/causal.ts'
import { minimumRisk } from '../train/objectives/minimum-risk.ts'
import type { Example, Objective } from '../train/objectives/objective.ts'
import { sequenceToSequence } from '../train/objectives/sequence-to-sequence.ts'
import { OwnAttempts } from '../train/own-attempts.ts'
import { train, type TrainerOptions, type TrainingProgress, type TrainingResult } from '../train/trainer.ts'
import { ValidationLoss } from '../train/validation-loss.ts'
import { readTexts } from './read-texts.ts'
import { recipeOptimizer, recipeParameterGroups } from './recipe-optimizer.ts'
import type { Recipe } from './schema.ts'
import { rougeReward, scorePredictions, writePredictions } from './score-rows.ts'

export interface Stage {
  readonly recipe: Recipe
  readonly run: Run
  readonly model: Model
  readonly tokenizer: Tokenizer
  /** Adds the tokenizer and the generation settings to a model's folder. */
  readonly writeExtras: (folder: string) => Promise<void>
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}

const objectives: Record<Recipe['train']['objective'], Objective> = {
  'sequence-to-sequence': sequenceToSequence,
  causal,
}

/** Far from the streams of the batch plan, which share the seed. */
const noiseStream = 2 ** 41

/** What both stages take from the recipe's `train` section. */
async function common(
  stage: Stage,
  name: string,
): Promise<
  Omit<
    TrainerOptions,
    | 'objective'
    | 'examples'
    | 'learningRate'
    | 'warmup'
    | 'saveTotalLimit'
    | 'loadBestModelAtEnd'
    | 'averageCheckpoints'
  >
> {
  const { recipe, run, model, signal, writeExtras } = stage
  const settings = recipe.train
  const checkpoints = run.path('checkpoints', name)
  await mkdir(checkpoints, { recursive: true })
  return {
    model,
    run,
    stage: name,
    checkpoints,
    seed: recipe.seed,
    schedule: settings.schedule,
    optimizer: recipeOptimizer(settings),
    parameterGroups: recipeParameterGroups(settings),
    maxGradientNorm: settings.maxGradientNorm === 0 ? Number.POSITIVE_INFINITY : settings.maxGradientNorm,
    labelSmoothing: settings.labelSmoothing,
    gradientAccumulationSteps: settings.gradientAccumulationSteps,
    maxTokensPerBatch: settings.maxTokensPerBatch,
    saveEverySteps: settings.saveEverySteps,
    writeExtras,
    ...(signal && { signal }),
  }
}

/** Only the limits that a section gives. */
function limits({
  epochs,
  maxSteps,
  minutes,
}: {
  epochs?: number | undefined
  maxSteps?: number | undefined
  minutes?: number | undefined
}) {
  return {
    ...(epochs !== undefined && { epochs }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(minutes !== undefined && { minutes }),
  }
}

/** Trains with a progress line on stderr. */
async function trainShown(label: string, options: TrainerOptions): Promise<TrainingResult> {
  let progress: ReturnType<typeof createProgress> | undefined
  const onProgress = ({ step, totalSteps, loss, tokensPerSecond, measures }: TrainingProgress) => {
    // The end is known only once a time limit was turned into steps.
    if (progress === undefined && totalSteps < Number.MAX_SAFE_INTEGER) {
      progress = createProgress({ label, total: totalSteps, unit: 'steps', start: step - 1 })
    }
    const shown = Object.entries(measures).map(([name, value]) => [name, value.toFixed(3)])
    progress?.update(step, {
      ...(shown.length > 0 ? Object.fromEntries(shown) : { loss: loss.toFixed(3) }),
      'tokens/s': Math.round(tokensPerSecond),
    })
  }
  const result = await train({ ...options, onProgress })
  const done = result.interrupted ? 'saved after' : 'trained'
  progress?.finish(`${label}: ${done} ${result.step} steps in ${formatDuration(result.seconds)}`)
  // What was reached is saved; the caller is to stop, not to go on to the next stage.
  if (result.interrupted) options.signal?.throwIfAborted()
  return result
}

/** The first stage, where the recipe has one: learns to restore damaged text. Returns its seconds. */
export async function pretrain(
  stage: Stage,
  rows: readonly SummarizationRow[],
  drops: DropReport,
): Promise<number> {
  const { recipe, tokenizer } = stage
  const settings = recipe.pretraining
  if (settings === undefined) return 0
  const separators = new Set(
    settings.permuteSentences && settings.restore === 'text' ? tokensWithLineFeed(tokenizer) : [],
  )
  const noise = {
    maskToken: maskToken(tokenizer),
    maskRatio: settings.maskRatio,
    meanSpanLength: settings.meanSpanLength,
    separators,
    kept: 1,
  }
  const restoresSpans = settings.restore === 'spans'
  const passages = await pretrainingPassages(stage, rows, drops)
  stage.say(`${passages.length} passages to pretrain on`)
  const { seconds } = await trainShown('pretraining', {
    ...(await common(stage, 'pretraining')),
    ...limits(settings),
    objective: sequenceToSequence,
    examples: passages.map((passage) => ({
      source: passage,
      // Of spans only the number matters here: batches are planned by it.
      target: restoresSpans ? passage.subarray(0, infillingLength(passage.length, noise)) : passage,
    })),
    learningRate: settings.learningRate ?? recipe.train.learningRate,
    warmup: settings.warmupSteps ?? recipe.train.warmupSteps ?? 0.05,
    saveTotalLimit: 1,
    loadBestModelAtEnd: false,
    averageCheckpoints: 0,
    transform: (example, { seed, epoch, row }) => {
      const random = randomStream(seed, noiseStream + epoch * 2 ** 24 + row)
      return restoresSpans
        ? hideForInfilling(example.source, noise, random)
        : { ...example, source: addNoise(example.source, noise, random) }
    },
  })
  return seconds
}

async function pretrainingPassages(
  { recipe, tokenizer }: Stage,
  rows: readonly SummarizationRow[],
  drops: DropReport,
): Promise<Int32Array[]> {
  const { maxSourceTokens } = recipe.data.limits
  const passages: Int32Array[] = []
  for await (const text of pretrainingTexts(recipe, rows, drops)) {
    const ids = renderSource(tokenizer, text)
    // A long text is no loss here: it is learned in pieces, each with its end.
    for (let start = 0; start < ids.length - 1; start += maxSourceTokens - 1) {
      passages.push(
        Int32Array.from([
          ...ids.slice(start, Math.min(start + maxSourceTokens - 1, ids.length - 1)),
          ids.at(-1)!,
        ]),
      )
    }
  }
  return passages
}

/** The texts of the recipe's files, or where it names none the sources of the rows. */
async function* pretrainingTexts(
  { pretraining, data }: Recipe,
  rows: readonly SummarizationRow[],
  drops: DropReport,
): AsyncGenerator<string> {
  const { files, column = data.columns.dialogue } = pretraining!
  if (files === undefined) {
    for (const { source } of rows) yield source
    return
  }
  yield* readTexts(typeof files === 'string' ? [files] : files, {
    columns: [column],
    onDropped: ({ file, line, reason }) =>
      drops.drop({ file, number: line, line, reason: `pretraining: ${reason}` }),
  })
}

function maskToken(tokenizer: Tokenizer): number {
  const id = tokenizer.specialTokens.mask ?? tokenizer.tokenToId('<mask>')
  if (id !== undefined) return id
  throw new YuksuError(
    'no-mask-token',
    'pretraining hides text behind a mask token and the tokenizer has none; add <mask> to it',
  )
}

function tokensWithLineFeed(tokenizer: Tokenizer): number[] {
  return Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter((id) =>
    tokenizer.decode([id], { skipSpecialTokens: false }).includes('\n'),
  )
}

/** What a stage is judged by while it trains. */
export interface Validation {
  /** The first of them, as many as the recipe says, are written and scored. */
  readonly rows: readonly SummarizationRow[]
  /** Those within the recipe's limits on length, whose loss is measured. */
  readonly examples: readonly Example[]
}

/** What the stages that see the rows share: names exchanged in each pass, and how and how often they are judged. */
function onRows(
  stage: Stage,
  validation: Validation,
  generation: GenerationOptions,
  loss: ValidationLoss,
): Pick<TrainerOptions, 'transform' | 'evaluate' | 'evaluateEverySteps' | 'saveTotalLimit'> {
  const { recipe, tokenizer } = stage
  const { interchangeableTokens, evaluateEverySteps, saveTotalLimit } = recipe.train
  const names = tokenIds(interchangeableTokens, tokenizer)
  return {
    ...(names.size > 0 && { transform: (example, place) => interchangeTokens(example, names, place) }),
    evaluate: () => evaluate(stage, validation, generation, loss),
    evaluateEverySteps,
    saveTotalLimit,
  }
}

/** The main stage: learns the recipe's rows. */
export async function trainOnRows(
  stage: Stage,
  examples: readonly Example[],
  validation: Validation,
  generation: GenerationOptions,
): Promise<TrainingResult> {
  const { recipe, model } = stage
  const settings = recipe.train
  const objective = objectives[settings.objective]
  const loss = new ValidationLoss(model, objective, validation.examples)
  try {
    return await trainShown('training', {
      ...(await common(stage, 'training')),
      ...limits(settings),
      objective,
      examples,
      learningRate: settings.learningRate,
      warmup: settings.warmupSteps ?? settings.warmupRatio ?? 0.05,
      loadBestModelAtEnd: settings.loadBestModelAtEnd,
      averageCheckpoints: settings.averageCheckpoints,
      ...(settings.earlyStoppingPatience !== undefined && {
        earlyStoppingPatience: settings.earlyStoppingPatience,
      }),
      ...onRows(stage, validation, generation, loss),
    })
  } finally {
    await loss.release()
  }
}

/**
 * The last stage, where the recipe has one: learns from its own attempts, judged by ROUGE against the written
 * summaries. Returns its seconds.
 */
export async function minimizeRisk(
  stage: Stage,
  examples: readonly Example[],
  validation: Validation,
  generation: GenerationOptions,
): Promise<number> {
  const { recipe, model, tokenizer } = stage
  const settings = recipe.minimumRisk
  if (settings === undefined) return 0
  const loss = new ValidationLoss(model, sequenceToSequence, validation.examples)
  const { noRepeatNgramSize: _, ...written } = generation
  const attempts = new OwnAttempts(model, tokenizer, {
    attempts: settings.attempts,
    temperature: settings.temperature,
    seed: recipe.seed,
    targetWeight: settings.targetWeight,
    generation: written,
    reward: await rougeReward(recipe, settings.reward),
    threads: 2,
  })
  try {
    const { seconds } = await trainShown('minimum risk', {
      ...(await common(stage, 'minimum-risk')),
      ...limits(settings),
      objective: minimumRisk,
      examples,
      labelSmoothing: 0,
      learningRate: settings.learningRate,
      warmup: settings.warmupSteps,
      maxTokensPerBatch: settings.maxTokensPerBatch,
      loadBestModelAtEnd: false,
      averageCheckpoints: 0,
      prepare: (batch, step) => attempts.prepare(batch, step),
      ...onRows(stage, validation, generation, loss),
    })
    return seconds
  } finally {
    await attempts.release()
    await loss.release()
  }
}

/**
 * Scores the model as it is: the loss of all validation examples, and ROUGE of the first rows, written greedily. Beams
 * take several times as long and seldom change which checkpoint is best.
 */
async function evaluate(
  { recipe, model, tokenizer, signal, say }: Stage,
  validation: Validation,
  generation: GenerationOptions,
  loss: ValidationLoss,
) {
  const rows = validation.rows.slice(0, recipe.evaluation.rows)
  const text = createTextModel(model, tokenizer, generation)
  try {
    const measured = await loss.measure(signal)
    const options = { options: { numBeams: 1 }, ...(signal && { signal }) }
    const predictions = await writePredictions(
      text,
      rows.map(({ source }) => source),
      options,
    )
    const { rouge1, rouge2, rougeL } = await scorePredictions(rows, predictions, recipe)
    const rouge = { rouge1: rouge1.f1, rouge2: rouge2.f1, rougeL: rougeL.f1 }
    const shown = Object.values(rouge).map((score) => (score * 100).toFixed(1))
    const lossShown = measured === undefined ? '' : `; loss ${measured.toFixed(3)}`
    say(`scored ${rows.length} rows, greedy: ROUGE-1/2/L ${shown.join(' / ')}${lossShown}`)
    const metric = recipe.train.metricForBestModel
    const value = metric === 'loss' ? -(measured ?? Number.POSITIVE_INFINITY) : rouge[metric]
    return { value, scores: { ...rouge, ...(measured !== undefined && { loss: measured }) } }
  } finally {
    await text.release()
  }
}

function tokenIds(tokens: readonly string[], tokenizer: Tokenizer): Set<number> {
  return new Set(
    tokens.map((token) => {
      const id = tokenizer.tokenToId(token)
      if (id !== undefined) return id
      throw new YuksuError(
        'unknown-token',
        `train.interchangeableTokens: the tokenizer has no token '${token}'; add it to tokenizer.specialTokens`,
      )
    }),
  )
}
