import { YuksuError } from '../../errors.ts'
import { bootstrapMeans } from './bootstrap.ts'
import { rougeNames, rougeScorer } from './rouge-scorer.ts'
import type { PrecisionRecall, RougeName, RougeScore } from './rouge-scorer.ts'
import { defaultUnit, detectLanguage, rougeTokenizer } from '../../data/rouge/rouge-units.ts'
import type { RougeLanguage, RougeUnit } from '../../data/rouge/rouge-units.ts'

export interface ScoredPair {
  /** One or more texts that each would have been right. */
  readonly references: readonly string[]
  readonly prediction: string
}

export const rougeLanguages = ['auto', 'en', 'ko'] as const
export const rougeUnits = ['word', 'morpheme', 'character'] as const
export const rougeAggregates = ['mean', 'best'] as const

export interface RougeOptions {
  /** Reduce English words of more than three letters to their Porter stem. Default false. */
  readonly stem?: boolean
  /** Default `auto`: decided once for all rows, by the share of Hangul in the references. */
  readonly language?: (typeof rougeLanguages)[number]
  /** Default: words in English, morphemes in Korean. `morpheme` without a language means Korean. */
  readonly unit?: RougeUnit
  /** Over several references of a row: the mean of their scores (default), or for each measure the best by F1. */
  readonly aggregate?: (typeof rougeAggregates)[number]
  /** Share of the bootstrap means inside the intervals. Default 0.95. */
  readonly confidence?: number
  /** Default 1000. */
  readonly resamples?: number
  /** Of the bootstrap; the same seed gives the same intervals. Default 0. */
  readonly seed?: number
}

type Interval = [low: number, high: number]

/** Means over the rows, from 0 to 1, with their bootstrap intervals. */
export interface RougeMeasure extends PrecisionRecall {
  readonly interval: { readonly precision: Interval; readonly recall: Interval; readonly f1: Interval }
}

export interface RougeReport extends Record<RougeName, RougeMeasure> {
  readonly language: RougeLanguage
  readonly unit: RougeUnit
  readonly stem: boolean
  readonly aggregate: 'mean' | 'best'
  readonly confidence: number
  readonly rows: number
  /** Rows whose prediction has nothing to score (they count as 0), and the same of references. */
  readonly emptyPredictions: number
  readonly emptyReferences: number
}

const parts = ['precision', 'recall', 'f1'] as const
const columns = rougeNames.length * parts.length

function invalid(name: string, given: unknown, expected: string): YuksuError {
  return new YuksuError('rouge-option', `${name} is ${JSON.stringify(given)}; expected ${expected}`)
}

function check(options: RougeOptions): void {
  const {
    language = 'auto',
    unit,
    aggregate = 'mean',
    confidence = 0.95,
    resamples = 1000,
    seed = 0,
  } = options
  if (!rougeLanguages.includes(language)) throw invalid('language', language, rougeLanguages.join(', '))
  if (unit !== undefined && !rougeUnits.includes(unit)) throw invalid('unit', unit, rougeUnits.join(', '))
  if (!rougeAggregates.includes(aggregate))
    throw invalid('aggregate', aggregate, rougeAggregates.join(' or '))
  if (!(confidence > 0 && confidence < 1)) throw invalid('confidence', confidence, 'a number between 0 and 1')
  if (!(Number.isInteger(resamples) && resamples > 0))
    throw invalid('resamples', resamples, 'a whole number above 0')
  if (!Number.isInteger(seed)) throw invalid('seed', seed, 'a whole number')
}

function checkPairs(pairs: readonly ScoredPair[]): void {
  if (pairs.length === 0) throw new YuksuError('rouge-rows', 'there are no rows to score; give at least one')
  const bare = pairs.findIndex((pair) => pair.references.length === 0)
  if (bare >= 0) {
    throw new YuksuError('rouge-references', `row ${bare + 1} has no reference; give every row at least one`)
  }
}

function chooseUnit(
  pairs: readonly ScoredPair[],
  options: RougeOptions,
): { language: RougeLanguage; unit: RougeUnit } {
  let { language = 'auto' } = options
  if (language === 'auto') {
    language = options.unit === 'morpheme' ? 'ko' : detectLanguage(pairs.flatMap((pair) => pair.references))
  }
  return { language, unit: options.unit ?? defaultUnit(language) }
}

function mean(scores: readonly PrecisionRecall[]): PrecisionRecall {
  const average = (part: keyof PrecisionRecall) =>
    scores.reduce((sum, score) => sum + score[part], 0) / scores.length
  return { precision: average('precision'), recall: average('recall'), f1: average('f1') }
}

function best(scores: readonly PrecisionRecall[]): PrecisionRecall {
  return scores.reduce((highest, score) => (score.f1 > highest.f1 ? score : highest))
}

/**
 * ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum of predictions: means over the rows of precision, recall and F1, from 0
 * to 1, with percentile bootstrap intervals. English words with or without stemming score as in google's
 * rouge_score; Korean is cut into morphemes unless another unit is asked for. What was chosen stands in the report:
 * scores of different units do not compare. The order of the rows changes nothing.
 *
 * Throws `YuksuError`: `rouge-rows` (none), `rouge-references` (a row without), `rouge-unit` (English morphemes),
 * `rouge-option`.
 */
export async function scoreRouge(
  pairs: Iterable<ScoredPair>,
  options: RougeOptions = {},
): Promise<RougeReport> {
  check(options)
  const { stem = false, aggregate = 'mean', confidence = 0.95, resamples = 1000, seed = 0 } = options
  const rows = [...pairs]
  checkPairs(rows)
  const { language, unit } = chooseUnit(rows, options)
  const scorer = rougeScorer(await rougeTokenizer(language, unit), stem)
  const combine = aggregate === 'best' ? best : mean

  const table = new Float64Array(rows.length * columns)
  let emptyPredictions = 0
  let emptyReferences = 0
  rows.forEach((row, index) => {
    const prediction = scorer.read(row.prediction)
    const references = row.references.map((reference) => scorer.read(reference))
    if (prediction.ids.length === 0) emptyPredictions++
    if (references.some((reference) => reference.ids.length === 0)) emptyReferences++
    const scores = references.map((reference) => scorer.compare(reference, prediction))
    rougeNames.forEach((name, place) => {
      const score = scores.length === 1 ? scores[0]![name] : combine(scores.map((of: RougeScore) => of[name]))
      table.set([score.precision, score.recall, score.f1], index * columns + place * parts.length)
    })
  })

  const means = bootstrapMeans(table, columns, { confidence, resamples, seed })
  const measure = (name: RougeName): RougeMeasure => {
    const start = rougeNames.indexOf(name) * parts.length
    const [precision, recall, f1] = means.slice(start, start + parts.length)
    return {
      precision: precision!.mean,
      recall: recall!.mean,
      f1: f1!.mean,
      interval: { precision: precision!.interval, recall: recall!.interval, f1: f1!.interval },
    }
  }
  return {
    rouge1: measure('rouge1'),
    rouge2: measure('rouge2'),
    rougeL: measure('rougeL'),
    rougeLsum: measure('rougeLsum'),
    language,
    unit,
    stem,
    aggregate,
    confidence,
    rows: rows.length,
    emptyPredictions,
    emptyReferences,
  }
}
