import { leadBaseline, longestBaseline } from '../evaluate/baselines.ts'
import { rougeScorer } from '../evaluate/metrics/rouge-scorer.ts'
import { defaultUnit, rougeTokenizer } from '../data/rouge/rouge-units.ts'
import { scoreRouge, type RougeReport } from '../evaluate/metrics/rouge.ts'
import type { GenerationOptions } from '../generate/options.ts'
import type { TextModel } from '../generate/text-model.ts'
import type { RecipeRow } from './recipe-rows.ts'
import type { Recipe } from './schema.ts'

/** How many texts are written together: enough to fill the machine, few enough to stay small. */
const batchSize = 32

export interface WriteOptions {
  readonly options?: GenerationOptions
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

/** Writes a prediction for every text, in order. Texts of like length are written together. */
export async function writePredictions(
  model: TextModel,
  texts: readonly (string | readonly number[])[],
  { options = {}, signal, onProgress }: WriteOptions = {},
): Promise<string[]> {
  const predictions = new Array<string>(texts.length).fill('')
  const order = texts.map((_, index) => index).sort((a, b) => texts[a]!.length - texts[b]!.length || a - b)
  for (let start = 0; start < order.length; start += batchSize) {
    const indices = order.slice(start, start + batchSize)
    const written = await model.write(
      indices.map((index) => texts[index]!),
      options,
      signal === undefined ? {} : { signal },
    )
    indices.forEach((index, place) => (predictions[index] = written[place]!.text.trim()))
    onProgress?.(start + indices.length)
  }
  return predictions
}

/** ROUGE of predictions against their rows, as the recipe says it is to be measured. */
export function scorePredictions(
  rows: readonly RecipeRow[],
  predictions: readonly string[],
  { evaluation }: Pick<Recipe, 'evaluation'>,
): Promise<RougeReport> {
  const pairs = rows.map(({ references }, index) => ({ references, prediction: predictions[index]! }))
  return scoreRouge(pairs, { stem: evaluation.stem, language: evaluation.language })
}

/** The mean of the ROUGE F1 scores of one text beside another, by the weights, as the recipe says ROUGE is to be measured. */
export async function rougeReward(
  { evaluation }: Pick<Recipe, 'evaluation'>,
  weights: NonNullable<Recipe['minimumRisk']>['reward'],
): Promise<(target: string, attempt: string) => number> {
  const { language, stem } = evaluation
  const scorer = rougeScorer(await rougeTokenizer(language, defaultUnit(language)), stem)
  const total = weights.rouge1 + weights.rouge2 + weights.rougeL
  return (target, attempt) => {
    const { rouge1, rouge2, rougeL } = scorer.compare(scorer.read(target), scorer.read(attempt))
    return (weights.rouge1 * rouge1.f1 + weights.rouge2 * rouge2.f1 + weights.rougeL * rougeL.f1) / total
  }
}

export interface Scores {
  readonly model: RougeReport
  readonly lead3: RougeReport
  readonly longest: RougeReport
}

/** The scores of the predictions beside those of the baselines that need no model. */
export async function scoreAgainstBaselines(
  rows: readonly RecipeRow[],
  predictions: readonly string[],
  recipe: Pick<Recipe, 'evaluation'>,
): Promise<Scores> {
  return {
    model: await scorePredictions(rows, predictions, recipe),
    lead3: await scorePredictions(
      rows,
      rows.map(({ source }) => leadBaseline(source)),
      recipe,
    ),
    longest: await scorePredictions(
      rows,
      rows.map(({ source }) => longestBaseline(source)),
      recipe,
    ),
  }
}
