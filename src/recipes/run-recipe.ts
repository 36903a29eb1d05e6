import { existsSync } from 'node:fs'
import { readFile, rm, rmdir } from 'node:fs/promises'
import type { SummarizationRow } from '../data/summarization-rows.ts'
import { YuksuError } from '../errors.ts'
import type { RougeReport } from '../evaluate/metrics/rouge.ts'
import { writeFileAtomic, writeFolderAtomic } from '../formats/atomic-file.ts'
import { writeGenerationConfig } from '../generate/generation-config.ts'
import type { GenerationOptions } from '../generate/options.ts'
import { createTextModel } from '../generate/text-model.ts'
import type { Model } from '../models/model.ts'
import { createDropReport, type DropReport } from '../runs/dropped-rows.ts'
import { readLineage } from '../runs/lineage.ts'
import { createProgress } from '../runs/progress.ts'
import { createRun, isRun, openRun, type Run } from '../runs/run.ts'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { renderSource } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Example } from '../train/objectives/objective.ts'
import { buildModel } from './build-model.ts'
import { type DataPreparation, dataPreparations, describePreparations } from './data-preparations.ts'
import { tokenizeRows } from './examples.ts'
import { pretrainingFiles, pretrainingTexts } from './pretraining-texts.ts'
import { promptOf, readRecipeRows, type RecipeRow, recipeTemplate, textsOf } from './recipe-rows.ts'
import { resolveModels } from './resolve-models.ts'
import { checkFits, gibibytes, planStage } from './memory-plan.ts'
import type { Recipe } from './schema.ts'
import { scoreAgainstBaselines, writePredictions } from './score-rows.ts'
import { type PreparedStage, stages, type StageContext } from './stages/index.ts'
import { trainShown } from './stages/train-shown.ts'
import { training } from './stages/training.ts'

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

/** How the model scored on a set of rows, beside the baselines that need no model. */
export interface RecipeScores extends ReportedScores {
  readonly lead3: ReportedScores
  readonly longest: ReportedScores
  /** How ROUGE split the texts. */
  readonly unit: RougeReport['unit']
  readonly language: RougeReport['language']
  readonly stem: boolean
  /** Rows that were scored. */
  readonly rows: number
}

/** The scores on the validation rows, and what there is to say of the model. */
export interface RecipeResult extends RecipeScores {
  /** The finished model's folder. */
  readonly model: string
  /** The scores on the test rows, where the recipe has some. */
  readonly test?: RecipeScores
  /** Rows that were left out of training, by reason; `dropped-rows.jsonl` lists each. */
  readonly dropped: Readonly<Record<string, number>>
  /** Seconds spent in the training steps of all stages, evaluation not counted. */
  readonly seconds: number
  /** Steps of the main stage. */
  readonly steps: number
  readonly parameters: number
  /** How the files of rows were prepared, and what evaluation data was looked for in them; of files that `yuksu prepare` has written. */
  readonly preparations?: readonly DataPreparation[]
}

/**
 * Runs a recipe: rows → tokenizer → model → training → scores → a model folder; or goes on with a run that was stopped,
 * to the same bits. Everything made is in the folder `recipe.output`: `model/`, `report.json`, `predictions.jsonl`,
 * `dropped-rows.jsonl`, `events.jsonl`.
 */
export async function runRecipe(recipe: Recipe, options: RunRecipeOptions = {}): Promise<RecipeResult> {
  const say = options.say ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const resumes = isRun(recipe.output)
  const run = resumes
    ? await openRun(recipe.output, { recipe, seed: recipe.seed })
    : await createRun(recipe.output, { recipe, seed: recipe.seed })
  let begun = resumes
  try {
    const reportPath = run.path('report.json')
    if (existsSync(reportPath)) {
      say(`${recipe.output} is finished; its report is given again. Name another output to start anew`)
      return JSON.parse(await readFile(reportPath, 'utf8')) as RecipeResult
    }
    return await work(recipe, run, say, options, () => (begun = true))
  } finally {
    run.close()
    // A start that failed on its data has made nothing: the corrected recipe may use the folder.
    if (!begun) await discard(run)
  }
}

/** Removes the record of a run that has made nothing yet; whatever else is in its folder stays. */
async function discard(run: Run): Promise<void> {
  const own = [
    'run.json',
    'recipe.yaml',
    'versions.json',
    'events.jsonl',
    'lineage.json',
    'dropped-rows.jsonl',
  ]
  for (const name of [...own, 'tokenizer', 'checkpoints'])
    await rm(run.path(name), { recursive: true, force: true })
  // Fails where there is something else inside, which is as it should be.
  await rmdir(run.folder).catch(() => undefined)
}

async function work(
  recipe: Recipe,
  run: Run,
  say: (line: string) => void,
  options: RunRecipeOptions,
  onBegun: () => void,
): Promise<RecipeResult> {
  const { context, test, prepared, preparations, processBytes } = await prepareRecipe(
    recipe,
    run,
    say,
    options,
  )
  // All of them at once: hours of one stage must not end in what the next one needs.
  for (const stage of prepared) {
    const plan = planStage(recipe, stage, processBytes)
    run.emit({ type: 'memory-planned', ...plan })
    checkFits(plan)
    say(`${stage.label} needs about ${gibibytes(plan.total)} of memory, of ${gibibytes(plan.available)}`)
  }
  const { model, writeExtras } = context
  const validation = context.validation.rows
  onBegun()
  let seconds = 0
  let steps = 0
  for (const { label, options, release } of prepared) {
    try {
      const trained = await trainShown(label, options)
      seconds += trained.seconds
      if (options.stage === training.name) steps = trained.step
    } finally {
      await release()
    }
  }
  const folder = run.path('model')
  await writeFolderAtomic(folder, async (temporary) => {
    await model.write(temporary)
    await writeExtras(temporary)
  })
  const scores = await writeAndScore(context, validation, 'predictions.jsonl')
  const tested = test && (await writeAndScore(context, test, 'test-predictions.jsonl'))
  const result = {
    model: folder,
    ...scores,
    ...(tested && { test: tested }),
    dropped: context.drops.counts,
    seconds,
    steps,
    parameters: model.parameterCounts.total,
    ...(preparations.length > 0 && { preparations }),
  }
  await writeFileAtomic(run.path('report.json'), `${JSON.stringify(result, null, 2)}\n`)
  run.emit({ type: 'run-finished', ...result })
  return result
}

/** A recipe whose data are read and whose stages are ready. */
export interface PreparedRecipe {
  readonly context: StageContext
  readonly test: readonly RecipeRow[] | undefined
  readonly prepared: readonly PreparedStage[]
  /** How files of rows were prepared, of those that `yuksu prepare` has written. */
  readonly preparations: readonly DataPreparation[]
  /** What the process takes beside the model. */
  readonly processBytes: number
}

/** Reads the rows, makes the tokenizer and the model, and makes the stages ready. */
export async function prepareRecipe(
  given: Recipe,
  run: Run,
  say: (line: string) => void,
  { signal, rows }: RunRecipeOptions,
  makeModel: typeof buildModel = buildModel,
): Promise<PreparedRecipe> {
  // A plan needs no weights.
  const recipe = await resolveModels(given, run, { say, signal, weights: makeModel === buildModel })
  const drops = createDropReport()
  const train = rows?.train ?? (await readData(recipe, run, recipe.data.train, drops))
  const validation = rows?.validation ?? (await readData(recipe, run, recipe.data.validation, drops))
  const test =
    recipe.data.test === undefined ? undefined : await readData(recipe, run, recipe.data.test, drops)
  for (const { path } of pretrainingFiles(recipe)) await run.recordFile(path)
  const preparations = await dataPreparations(await readLineage(run.folder))
  for (const line of describePreparations(preparations)) say(line)
  const tokenizer = await makeTokenizer(recipe, run, train)
  const conversations = await recipeTemplate(recipe, tokenizer)
  const template = conversations?.template
  const promptOfRow = (row: RecipeRow) => promptOf(row, tokenizer, template)
  const processBytes = process.memoryUsage.rss()
  const model = await makeModel(recipe, tokenizer)
  const examples = tokenizeRows(
    train,
    tokenizer,
    model.family.kind,
    recipe.data,
    drops,
    listed(recipe.data.train),
    template,
  )
  run.emit({
    type: 'data-prepared',
    train: examples.length,
    validation: validation.length,
    dropped: drops.counts,
    preparations,
  })
  say(`${examples.length} training rows, ${validation.length} to score; ${drops.summary()}`)
  await drops.write(run.path('dropped-rows.jsonl'))
  checkScored([...validation, ...(test ?? [])], promptOfRow, tokenizer, model)
  say(
    `${(model.parameterCounts.total / 1e6).toFixed(1)} million parameters, vocabulary ${tokenizer.vocabularySize}`,
  )
  const generation = generationOptions(
    recipe,
    tokenizer,
    model,
    template === undefined ? [] : turnEnds(examples, tokenizer),
  )
  const writeExtras = async (folder: string) => {
    await tokenizer.save(folder)
    await conversations?.save(folder)
    writeGenerationConfig(folder, generation)
  }
  const context: StageContext = {
    recipe,
    run,
    model,
    tokenizer,
    rows: train,
    examples,
    validation: {
      rows: validation,
      // One too long for training is still written and scored, so nothing is lost here.
      examples: tokenizeRows(
        validation,
        tokenizer,
        model.family.kind,
        recipe.data,
        createDropReport(),
        '',
        template,
      ),
    },
    promptOf: promptOfRow,
    generation,
    drops,
    writeExtras,
    say,
    ...(signal && { signal }),
  }
  const prepared: PreparedStage[] = []
  for (const stage of stages) prepared.push(...[(await stage.prepare(context)) ?? []].flat())
  // A stage that reads texts of its own may have left some out.
  await drops.write(run.path('dropped-rows.jsonl'))
  return { context, test, prepared, preparations, processBytes }
}

async function readData(
  recipe: Recipe,
  run: Run,
  files: string | string[],
  drops: DropReport,
): Promise<readonly RecipeRow[]> {
  const list = typeof files === 'string' ? [files] : files
  for (const file of list) await run.recordFile(file)
  return readRecipeRows(recipe, list, drops)
}

function listed(files: string | string[]): string {
  return typeof files === 'string' ? files : files.join(', ')
}

async function makeTokenizer(recipe: Recipe, run: Run, rows: readonly RecipeRow[]): Promise<Tokenizer> {
  const { tokenizer, model } = recipe
  const from = tokenizer.from ?? model.from
  if (from !== undefined) {
    const loaded = await loadTokenizer(from)
    const missing = tokenizer.specialTokens.find((token) => loaded.tokenToId(token) === undefined)
    if (missing === undefined) return loaded
    throw new YuksuError(
      'unknown-token',
      `tokenizer.specialTokens: the tokenizer in ${from} has no token '${missing}'; leave it out, or train a tokenizer with it`,
    )
  }
  const folder = run.path('tokenizer')
  if (existsSync(folder)) return loadTokenizer(folder)
  const made = await trainByteLevelBpe(tokenizerTexts(recipe, rows), {
    vocabularySize: tokenizer.vocabularySize,
    minimumFrequency: tokenizer.minimumFrequency,
    specialTokens: [...roleTokens, ...tokenizer.specialTokens],
    normalizer: 'NFC',
  })
  await writeFolderAtomic(folder, (temporary) => made.save(temporary))
  // Loaded back, so that a resumed run works with exactly the same object.
  return loadTokenizer(folder)
}

/** The rows' texts, and unless the recipe says otherwise those of pretraining: both are going to be read. */
async function* tokenizerTexts(recipe: Recipe, rows: readonly RecipeRow[]): AsyncGenerator<string> {
  for (const row of rows) yield* textsOf(row)
  if (recipe.tokenizer.texts === 'all') yield* pretrainingTexts(recipe)
}

/** A row that is to be scored cannot be dropped: it would make the score another one. */
function checkScored(
  rows: readonly RecipeRow[],
  promptOf: (row: RecipeRow) => string | readonly number[],
  tokenizer: Tokenizer,
  model: Model,
): void {
  const { maxPositions } = model.configuration
  for (const row of rows) {
    const { id } = row
    const prompt = promptOf(row)
    const { length } = typeof prompt === 'string' ? renderSource(tokenizer, prompt) : prompt
    if (length > maxPositions) {
      throw new YuksuError(
        'context-length-exceeded',
        `row ${id}, which is to be scored, has ${length} tokens and the model reads ${maxPositions}; raise model.maxPositions to ${length} or take the row out of the file`,
      )
    }
  }
}

/** The special tokens that answers are learned to end with, which need not be the one that ends a text. */
function turnEnds(examples: readonly Example[], { specialTokens }: Tokenizer): number[] {
  const special = new Set(specialTokens.all)
  const ends = new Set<number>()
  for (const { target, learned } of examples) {
    target.forEach((id, index) => {
      if (learned?.[index] === 1 && learned[index + 1] !== 1 && special.has(id)) ends.add(id)
    })
  }
  return [...ends]
}

function generationOptions(
  recipe: Recipe,
  { specialTokens }: Tokenizer,
  { configuration }: Model,
  turnEnds: readonly number[],
): GenerationOptions {
  // What a decoder starts from in training it starts from in writing.
  const { decoderStartTokenId } = configuration as { readonly decoderStartTokenId?: number | null }
  const start = decoderStartTokenId ?? specialTokens.bos
  const { eos } = specialTokens
  const ends = [...new Set([...(eos === undefined ? [] : [eos]), ...turnEnds])]
  return {
    ...recipe.generation,
    ...(ends.length > 0 && { eosTokenId: ends.length === 1 ? ends[0]! : ends }),
    ...(specialTokens.pad !== undefined && { padTokenId: specialTokens.pad }),
    ...(specialTokens.bos !== undefined && { bosTokenId: specialTokens.bos }),
    ...(start !== undefined && { decoderStartTokenId: start }),
  }
}

/** Writes a prediction for every row, keeps them in the run under the name, and scores them against the baselines. */
async function writeAndScore(
  { recipe, run, model, tokenizer, generation, promptOf, signal }: StageContext,
  scored: readonly RecipeRow[],
  name: string,
): Promise<RecipeScores> {
  const text = createTextModel(model, tokenizer, generation)
  const progress = createProgress({ label: 'writing', total: scored.length, unit: 'rows' })
  try {
    const predictions = await writePredictions(text, scored.map(promptOf), {
      onProgress: (done) => progress.update(done),
      ...(signal && { signal }),
    })
    progress.finish()
    const lines = scored.map(
      (row, index) => `${JSON.stringify({ ...row, prediction: predictions[index] })}\n`,
    )
    await writeFileAtomic(run.path(name), lines.join(''))
    const scores = await scoreAgainstBaselines(scored, predictions, recipe)
    const { unit, language, stem, rows } = scores.model
    return {
      ...reported(scores.model),
      lead3: reported(scores.lead3),
      longest: reported(scores.longest),
      unit,
      language,
      stem,
      rows,
    }
  } finally {
    await text.release()
  }
}

function reported({ rouge1, rouge2, rougeL }: RougeReport): ReportedScores {
  return { rouge1, rouge2, rougeL }
}
