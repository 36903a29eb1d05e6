import { z } from 'zod'
import {
  documentText,
  type DataRow,
  type RowOutcome,
  type RowStepDefinition,
  type TextColumns,
} from '../step.ts'

const least = (what: string, by?: number) =>
  by === undefined
    ? z.int().min(1).nullable().default(null).describe(what)
    : z.int().min(1).nullable().default(by).describe(what)

const optionsSchema = z.strictObject({
  minCharacters: least('Fewest characters of a document.', 1),
  maxCharacters: least('Most characters of a document.', 100_000),
  minWords: least('Fewest words (stretches without a space) of a document; `null`: no limit.'),
  maxWords: least('Most words of a document; `null`: no limit.'),
  minSummaryCharacters: least('Fewest characters of a summary.', 1),
  maxSummaryCharacters: least('Most characters of a summary.', 10_000),
  minSummaryWords: least('Fewest words of a summary; `null`: no limit.'),
  maxSummaryWords: least('Most words of a summary; `null`: no limit.'),
  minSummaryRatio: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('Least length of a summary by that of its document, in characters; `null`: no limit.'),
  maxSummaryRatio: z
    .number()
    .gt(0)
    .nullable()
    .default(1)
    .describe('Most; by default no summary is longer than its document.'),
})

export type LengthOptions = z.infer<typeof optionsSchema>

/** Characters as a reader counts them: code points, spaces around not counted. */
export function countCharacters(text: string): number {
  const trimmed = text.trim()
  let count = trimmed.length
  for (let index = 0; index + 1 < trimmed.length; index++) {
    const code = trimmed.charCodeAt(index)
    if (code < 0xd800 || code > 0xdbff) continue
    const next = trimmed.charCodeAt(index + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      count -= 1
      index += 1
    }
  }
  return count
}

/** Stretches without a space. */
export function countWords(text: string): number {
  let count = 0
  for (const _ of text.matchAll(/\S+/g)) count += 1
  return count
}

/** Lengths of a row: of its document, and of its summary where it has one. */
export interface Lengths {
  readonly characters: number
  readonly words: number
  readonly summaryCharacters?: number
  readonly summaryWords?: number
  /** Characters of the summary by those of the document. */
  readonly summaryRatio?: number
}

/** Measures a row. A row without a text in its summary's column has none. */
export function measureLengths(row: DataRow, columns: TextColumns): Lengths {
  const text = documentText(row, columns)
  const lengths = { characters: countCharacters(text), words: countWords(text) }
  if (columns.summary === undefined) return lengths
  const summary = row.values[columns.summary]
  const written = typeof summary === 'string' ? summary : ''
  const summaryCharacters = countCharacters(written)
  return {
    ...lengths,
    summaryCharacters,
    summaryWords: countWords(written),
    summaryRatio: summaryCharacters / Math.max(1, lengths.characters),
  }
}

/**
 * Drops rows that are outliers by length: `too-short`, `too-long`, `summary-too-short`, `summary-too-long`,
 * `summary-ratio`. The evidence names what was measured and the limit.
 */
export const lengthStep: RowStepDefinition<LengthOptions> = {
  kind: 'row',
  name: 'length',
  description:
    'Drops rows whose document or summary is too short or too long, or whose summary is out of proportion.',
  options: optionsSchema,
  create(options) {
    const limits = limitsOf(options)
    return { apply: (row, columns) => judge(measureLengths(row, columns), limits) }
  },
}

interface Limit {
  readonly measure: keyof Lengths
  readonly least: number | null
  readonly most: number | null
  readonly short: string
  readonly long: string
}

function limitsOf(options: LengthOptions): Limit[] {
  const document = { short: 'too-short', long: 'too-long' }
  const summary = { short: 'summary-too-short', long: 'summary-too-long' }
  const limits: Limit[] = [
    { measure: 'characters', least: options.minCharacters, most: options.maxCharacters, ...document },
    { measure: 'words', least: options.minWords, most: options.maxWords, ...document },
    {
      measure: 'summaryCharacters',
      least: options.minSummaryCharacters,
      most: options.maxSummaryCharacters,
      ...summary,
    },
    { measure: 'summaryWords', least: options.minSummaryWords, most: options.maxSummaryWords, ...summary },
    {
      measure: 'summaryRatio',
      least: options.minSummaryRatio,
      most: options.maxSummaryRatio,
      short: 'summary-ratio',
      long: 'summary-ratio',
    },
  ]
  return limits.filter(({ least, most }) => least !== null || most !== null)
}

function judge(lengths: Lengths, limits: readonly Limit[]): RowOutcome {
  for (const { measure, least, most, short, long } of limits) {
    const value = lengths[measure]
    if (value === undefined) continue
    if (least !== null && value < least)
      return { drop: short, evidence: { [measure]: rounded(value), least } }
    if (most !== null && value > most) return { drop: long, evidence: { [measure]: rounded(value), most } }
  }
  return undefined
}

/** Ratios with four digits behind the point, for the eye. */
export function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
