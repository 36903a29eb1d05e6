import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic, writeFolderAtomic } from '../formats/atomic-file.ts'
import { prepareSummarization, type SummarizationRow } from '../data/summarization-rows.ts'
import type { RougeReport } from '../evaluate/metrics/rouge.ts'
import { writeGenerationConfig } from '../generate/generation-config.ts'
import type { GenerationOptions } from '../generate/options.ts'
import { createTextModel } from '../generate/text-model.ts'
import type { Model } from '../models/model.ts'
import { createDropReport, type DropReport } from '../runs/dropped-rows.ts'
import { createProgress, formatDuration } from '../runs/progress.ts'
import { createRun, isRun, openRun, type Run } from '../runs/run.ts'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { renderSource } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { causal } from '../train/objectives/causal.ts'
import type { Example, Objective } from '../train/objectives/objective.ts'
import { sequenceToSequence } from '../train/objectives/sequence-to-sequence.ts'
import { train, type TrainerOptions, type TrainingResult } from '../train/trainer.ts'
import { buildModel } from './build-model.ts'
import { tokenizeRows } from './examples.ts'
import type { Recipe } from './schema.ts'
import { scoreAgainstBaselines, scorePredictions, writePredictions } from './score-rows.ts'

/** Tokens every tokenizer made here has, before those of the recipe. */
const roleTokens = ['<s>', '<pad>', '</s>', '<unk>', '<mask>']

export interface RunRecipeOptions {
  readonly signal?: AbortSignal
  /** Rows in place of those of the recipe's files: made-up dialogues need no file. */
  readonly rows?: {
    readonly train: readonly SummarizationRow[]
    readonly validation: readonly SummarizationRow[]
  }
  /** Lines for a person about what is going on; on stderr by default. */
  readonly say?: (line: string) => void
}

/** F1, precision and recall of the three measures, each with its interval. */
export type ReportedScores = Pick<RougeReport, 'rouge1' | 'rouge2' | 'rougeL'>

export interface RecipeResult extends ReportedScores {
  /** The finished model's folder. */
  readonly model: string
  readonly lead3: ReportedScores
  readonly longest: ReportedScores
  /** How ROUGE split the texts. */
  readonly unit: RougeReport['unit']
  readonly language: RougeReport['language']
  readonly rows: number
  /** Seconds spent in training steps. */
  readonly seconds: number
  readonly steps: number
  readonly parameters: number
}

/**
 * Runs a recipe: rows → tokenizer → model → training → scores → a model folder; or goes on with a run that was stopped,
 * to the same bits. Everything made is in the folder `recipe.output`: `model/`, `report.json`, `predictions.jsonl`,
 * `dropped-rows.jsonl`, `events.jsonl`.
 */
export async function runRecipe(recipe: Recipe, options: RunRecipeOptions = {}): Promise<RecipeResult> {
  const say = options.say ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const run = isRun(recipe.output)
    ? await openRun(recipe.output, { recipe, seed: recipe.seed })
    : await createRun(recipe.output, { recipe, seed: recipe.seed })
  try {
    const reportPath = run.path('report.json')
    if (existsSync(reportPath)) {
      say(`${recipe.output} is finished; its report is given again. Name another output to start anew`)
      return JSON.parse(await readFile(reportPath, 'utf8')) as RecipeResult
    }
    return await work(recipe, run, say, options)
  } finally {
    run.close()
  }
}

async function work(
  recipe: Recipe,
  run: Run,
  say: (line: string) => void,
  { signal, rows: given }: RunRecipeOptions,
): Promise<RecipeResult> {
  const drops = createDropReport()
  const train = given?.train ?? (await readData(recipe, run, recipe.data.train, drops))
  const validation = given?.validation ?? (await readData(recipe, run, recipe.data.validation, drops))
  const tokenizer = await makeTokenizer(recipe, run, train)
  const examples = tokenizeRows(train, tokenizer, recipe.data.limits, drops, listed(recipe.data.train))
  await drops.write(run.path('dropped-rows.jsonl'))
  run.emit({
    type: 'data-prepared',
    train: examples.length,
    validation: validation.length,
    dropped: drops.counts,
  })
  say(`${examples.length} training rows, ${validation.length} to score; ${drops.summary()}`)
  const model = await buildModel(recipe, tokenizer)
  checkScored(validation, tokenizer, model)
  say(
    `${(model.parameterCounts.total / 1e6).toFixed(1)} million parameters, vocabulary ${tokenizer.vocabularySize}`,
  )
  const writeExtras = extrasWriter(recipe, tokenizer)
  const result = await trainModel(recipe, run, {
    model,
    tokenizer,
    examples,
    validation,
    writeExtras,
    signal,
    say,
  })
  if (result.interrupted) {
    signal!.throwIfAborted()
  }
  const folder = run.path('model')
  await writeFolderAtomic(folder, async (temporary) => {
    await model.write(temporary)
    await writeExtras(temporary)
  })
  return report(recipe, run, { model, tokenizer, validation, signal, say, folder, result })
}

async function readData(
  recipe: Recipe,
  run: Run,
  files: string | string[],
  drops: DropReport,
): Promise<SummarizationRow[]> {
  const list = typeof files === 'string' ? [files] : files
  for (const file of list) await run.recordFile(file)
  return (await prepareSummarization({ files: list, columns: recipe.data.columns, drops })).rows
}

function listed(files: string | string[]): string {
  return typeof files === 'string' ? files : files.join(', ')
}

async function makeTokenizer(
  recipe: Recipe,
  run: Run,
  rows: readonly SummarizationRow[],
): Promise<Tokenizer> {
  const { tokenizer, model } = recipe
  const from = tokenizer.from ?? model.from
  if (from !== undefined) return loadTokenizer(from)
  const folder = run.path('tokenizer')
  if (existsSync(folder)) return loadTokenizer(folder)
  const made = await trainByteLevelBpe(
    rows.flatMap(({ source, target }) => [source, target]),
    {
      vocabularySize: tokenizer.vocabularySize,
      minimumFrequency: tokenizer.minimumFrequency,
      specialTokens: [...roleTokens, ...tokenizer.specialTokens],
      normalizer: 'NFC',
    },
  )
  await writeFolderAtomic(folder, (temporary) => made.save(temporary))
  // Loaded back, so that a resumed run works with exactly the same object.
  return loadTokenizer(folder)
}

/** A row that is to be scored cannot be dropped: it would make the score another one. */
function checkScored(rows: readonly SummarizationRow[], tokenizer: Tokenizer, model: Model): void {
  const { maxPositions } = model.configuration
  for (const { id, source } of rows) {
    const length = renderSource(tokenizer, source).length
    if (length > maxPositions) {
      throw new YuksuError(
        'context-length-exceeded',
        `validation row ${id} has ${length} tokens and the model reads ${maxPositions}; raise model.maxPositions to ${length} or take the row out of the file`,
      )
    }
  }
}

function extrasWriter(recipe: Recipe, tokenizer: Tokenizer): (folder: string) => Promise<void> {
  return async (folder) => {
    await tokenizer.save(folder)
    writeGenerationConfig(folder, generationOptions(recipe, tokenizer))
  }
}

function generationOptions(recipe: Recipe, { specialTokens }: Tokenizer): GenerationOptions {
  return {
    ...recipe.generation,
    ...(specialTokens.eos !== undefined && { eosTokenId: specialTokens.eos }),
    ...(specialTokens.pad !== undefined && { padTokenId: specialTokens.pad }),
    ...(specialTokens.bos !== undefined && {
      bosTokenId: specialTokens.bos,
      decoderStartTokenId: specialTokens.bos,
    }),
  }
}

interface Training {
  readonly model: Model
  readonly tokenizer: Tokenizer
  readonly examples: readonly Example[]
  readonly validation: readonly SummarizationRow[]
  readonly writeExtras: (folder: string) => Promise<void>
  readonly signal: AbortSignal | undefined
  readonly say: (line: string) => void
}

const objectives: Record<Recipe['train']['objective'], Objective> = {
  'sequence-to-sequence': sequenceToSequence,
  causal,
}

async function trainModel(recipe: Recipe, run: Run, training: Training): Promise<TrainingResult> {
  const { model, tokenizer, examples, validation, signal, say } = training
  const settings = recipe.train
  const checkpoints = run.path('checkpoints')
  await mkdir(checkpoints, { recursive: true })
  let progress: ReturnType<typeof createProgress> | undefined
  const scored = validation.slice(0, recipe.evaluation.rows ?? validation.length)
  const options: TrainerOptions = {
    model,
    objective: objectives[settings.objective],
    examples,
    run,
    checkpoints,
    seed: recipe.seed,
    ...(settings.epochs !== undefined && { epochs: settings.epochs }),
    ...(settings.maxSteps !== undefined && { maxSteps: settings.maxSteps }),
    ...(settings.minutes !== undefined && { minutes: settings.minutes }),
    learningRate: settings.learningRate,
    schedule: settings.schedule,
    warmup: settings.warmupSteps ?? settings.warmupRatio ?? 0.05,
    optimizer: {
      beta1: settings.adamBeta1,
      beta2: settings.adamBeta2,
      epsilon: settings.adamEpsilon,
      weightDecay: settings.weightDecay,
    },
    maxGradientNorm: settings.maxGradientNorm === 0 ? Number.POSITIVE_INFINITY : settings.maxGradientNorm,
    labelSmoothing: settings.labelSmoothing,
    gradientAccumulationSteps: settings.gradientAccumulationSteps,
    maxTokensPerBatch: settings.maxTokensPerBatch,
    ...(settings.interchangeableTokens.length > 0 && {
      interchangeableTokens: tokenIds(settings.interchangeableTokens, tokenizer),
    }),
    evaluateEverySteps: settings.evaluateEverySteps,
    saveEverySteps: settings.saveEverySteps,
    saveTotalLimit: settings.saveTotalLimit,
    loadBestModelAtEnd: settings.loadBestModelAtEnd,
    averageCheckpoints: settings.averageCheckpoints,
    ...(settings.earlyStoppingPatience !== undefined && {
      earlyStoppingPatience: settings.earlyStoppingPatience,
    }),
    ...(signal !== undefined && { signal }),
    writeExtras: training.writeExtras,
    onProgress({ step, totalSteps, loss, tokensPerSecond }) {
      // The end is known only once a time limit was turned into steps.
      const known = totalSteps < Number.MAX_SAFE_INTEGER
      if (progress === undefined && known) {
        progress = createProgress({ label: 'training', total: totalSteps, unit: 'steps', start: step - 1 })
      }
      progress?.update(step, { loss: loss.toFixed(3), 'tokens/s': Math.round(tokensPerSecond) })
    },
    async evaluate() {
      const text = createTextModel(model, tokenizer, generationOptions(recipe, tokenizer))
      try {
        // Greedy: beams take several times as long and seldom change which checkpoint is best.
        const predictions = await writePredictions(
          text,
          scored.map(({ source }) => source),
          { options: { numBeams: 1 }, ...(signal && { signal }) },
        )
        const scores = await scorePredictions(scored, predictions, recipe)
        const f1 = { rouge1: scores.rouge1.f1, rouge2: scores.rouge2.f1, rougeL: scores.rougeL.f1 }
        say(
          `scored ${scored.length} rows, greedy: ROUGE-1/2/L ${percent(f1.rouge1)} / ${percent(f1.rouge2)} / ${percent(f1.rougeL)}`,
        )
        return { value: f1[settings.metricForBestModel], scores: f1 }
      } finally {
        await text.release()
      }
    },
  }
  const result = await train(options)
  progress?.finish(`trained ${result.step} steps in ${formatDuration(result.seconds)}`)
  return result
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

function percent(score: number): string {
  return (score * 100).toFixed(1)
}

async function report(
  recipe: Recipe,
  run: Run,
  made: {
    model: Model
    tokenizer: Tokenizer
    validation: readonly SummarizationRow[]
    signal: AbortSignal | undefined
    say: (line: string) => void
    folder: string
    result: TrainingResult
  },
): Promise<RecipeResult> {
  const { model, tokenizer, validation, signal, folder, result } = made
  const text = createTextModel(model, tokenizer, generationOptions(recipe, tokenizer))
  const progress = createProgress({ label: 'writing', total: validation.length, unit: 'rows' })
  try {
    const predictions = await writePredictions(
      text,
      validation.map(({ source }) => source),
      { onProgress: (done) => progress.update(done), ...(signal && { signal }) },
    )
    progress.finish()
    const lines = validation.map(
      (row, index) => `${JSON.stringify({ ...row, prediction: predictions[index] })}\n`,
    )
    await writeFileAtomic(run.path('predictions.jsonl'), lines.join(''))
    const scores = await scoreAgainstBaselines(validation, predictions, recipe)
    const pick = ({ rouge1, rouge2, rougeL }: RougeReport): ReportedScores => ({ rouge1, rouge2, rougeL })
    const finished: RecipeResult = {
      model: folder,
      ...pick(scores.model),
      lead3: pick(scores.lead3),
      longest: pick(scores.longest),
      unit: scores.model.unit,
      language: scores.model.language,
      rows: validation.length,
      seconds: result.seconds,
      steps: result.step,
      parameters: model.parameterCounts.total,
    }
    await writeFileAtomic(run.path('report.json'), `${JSON.stringify(finished, null, 2)}\n`)
    run.emit({
      type: 'run-finished',
      rouge1: scores.model.rouge1.f1,
      rouge2: scores.model.rouge2.f1,
      rougeL: scores.model.rougeL.f1,
    })
    return finished
  } finally {
    await text.release()
  }
}
