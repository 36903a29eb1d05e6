import { join } from 'node:path'
import { generateDialogues } from '../data/dialogue-grammar/dialogue-grammar.ts'
import type { SummarizationRow } from '../data/summarization-rows.ts'
import { readRows } from '../formats/rows.ts'
import { formatDuration } from '../runs/progress.ts'
import { runRecipe, type RecipeResult, type ReportedScores } from './run-recipe.ts'
import { recipeSchema } from './schema.ts'
import { scoreTable } from './score-table.ts'

/** Rows of the built-in grammar: enough variety that a model has to learn to find and copy. */
const trainRows = 12_000
const testRows = 200

const speakers = Array.from({ length: 7 }, (_, index) => `#Person${index + 1}#`)

/** The recipe of the quickstart: a model small enough to be trained in minutes on two cores. */
function quickstartRecipe(folder: string) {
  return recipeSchema.parse({
    seed: 1,
    output: folder,
    data: {
      train: 'built-in dialogues',
      validation: 'built-in dialogues with other names, places and times',
      limits: { maxSourceTokens: 256, maxTargetTokens: 64 },
    },
    tokenizer: { vocabularySize: 3000, specialTokens: speakers },
    model: {
      family: 'mbart',
      width: 128,
      encoderLayers: 3,
      decoderLayers: 2,
      heads: 4,
      feedForwardWidth: 512,
      activation: 'relu2',
      maxPositions: 1024,
      dropout: 0,
      copyHead: true,
    },
    train: {
      maxSteps: 600,
      learningRate: 3e-3,
      warmupSteps: 60,
      adamBeta2: 0.98,
      maxTokensPerBatch: 4096,
      evaluateEverySteps: 100_000,
      saveEverySteps: 200,
      saveTotalLimit: 1,
      loadBestModelAtEnd: false,
    },
    generation: { maxNewTokens: 64 },
    evaluation: { language: 'ko' },
  })
}

/** Made-up dialogues, Korean and English in turn. */
function madeRows(split: 'train' | 'test', count: number): SummarizationRow[] {
  return [...generateDialogues({ seed: 1, count, split })].map(({ id, dialogue, summary }) => ({
    id,
    source: dialogue,
    references: [summary],
    target: summary,
  }))
}

export interface QuickstartResult {
  readonly model: string
  readonly rouge1: PlainScore
  readonly rouge2: PlainScore
  readonly rougeL: PlainScore
  readonly lead3: PlainScores
  readonly longest: PlainScores
  /** Seconds the whole command took. */
  readonly seconds: number
}

interface PlainScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

type PlainScores = Record<'rouge1' | 'rouge2' | 'rougeL', PlainScore>

function plain(scores: ReportedScores): PlainScores {
  const part = ({ precision, recall, f1 }: PlainScore) => ({ precision, recall, f1 })
  return { rouge1: part(scores.rouge1), rouge2: part(scores.rouge2), rougeL: part(scores.rougeL) }
}

/**
 * The main job on built-in dialogues: makes them, trains a tokenizer and a small encoder–decoder, scores it against the
 * baselines on dialogues whose names, places and times it never saw, and shows what it writes.
 */
export async function quickstart(options: {
  json: boolean
  folder: string
  signal?: AbortSignal
}): Promise<QuickstartResult> {
  const began = performance.now()
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  say(`making ${trainRows + testRows} dialogues in Korean and English`)
  const rows = { train: madeRows('train', trainRows), validation: madeRows('test', testRows) }
  const result = await runRecipe(quickstartRecipe(options.folder), {
    rows,
    ...(options.signal && { signal: options.signal }),
  })
  const seconds = (performance.now() - began) / 1000
  if (!options.json) await show(options.folder, result, seconds)
  return {
    model: result.model,
    ...plain(result),
    lead3: plain(result.lead3),
    longest: plain(result.longest),
    seconds,
  }
}

async function show(folder: string, result: RecipeResult, seconds: number): Promise<void> {
  const print = (line = '') => void process.stdout.write(`${line}\n`)
  print()
  for (const { source, references, prediction } of await samples(join(folder, 'predictions.jsonl'))) {
    for (const line of source.split('\n')) print(`    ${line}`)
    print(`  written   ${references[0]}`)
    print(`  generated ${prediction}`)
    print()
  }
  print('Names, places and times of these dialogues were not seen in training.')
  for (const line of scoreTable(result)) print(line)
  print()
  print(
    `${(result.parameters / 1e6).toFixed(1)} million parameters, ${result.steps} steps, ${formatDuration(seconds)} in all`,
  )
  print(`The model is in ${result.model}. Serve it, with a page to try it on:`)
  print(`  npx yuksu serve ${result.model}`)
}

/** Three of the scored rows that are short enough to read, in both languages. */
async function samples(path: string) {
  const chosen: { source: string; references: string[]; prediction: string }[] = []
  const isKorean = (text: string) => /\p{Script=Hangul}/u.test(text)
  for await (const read of readRows(path)) {
    if ('error' in read) continue
    const { source, references, prediction } = read.values as (typeof chosen)[number]
    const turns = source.split('\n').length
    const wanted = chosen.length % 2 === 0
    if (turns < 4 || turns > 10 || isKorean(source) !== wanted) continue
    chosen.push({ source, references, prediction })
    if (chosen.length === 3) break
  }
  return chosen
}
