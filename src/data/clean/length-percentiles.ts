import { z } from 'zod'
import type { CorpusStepDefinition, RowOutcome, TextColumns } from '../step.ts'
import { measureLengths, rounded, type Lengths } from './length.ts'

const percent = (by: number, what: string) => z.number().min(0).max(100).default(by).describe(what)

const optionsSchema = z
  .strictObject({
    unit: z.enum(['characters', 'words']).default('characters').describe('What lengths are counted in.'),
    low: percent(0, 'Rows shorter than this percentile of all rows are dropped; 0 keeps every short one.'),
    high: percent(99.9, 'Rows longer than this percentile are dropped; 100 keeps every long one.'),
    ratioLow: percent(0, 'The same for the length of a summary by that of its document.'),
    ratioHigh: percent(99.9, 'The same for the length of a summary by that of its document.'),
  })
  .refine(({ low, high, ratioLow, ratioHigh }) => low <= high && ratioLow <= ratioHigh, {
    error: 'the low percentile is above the high one',
  })

export type LengthPercentilesOptions = z.infer<typeof optionsSchema>

/**
 * Drops rows that are outliers among all rows: their document, their summary or the ratio of both lies outside percentiles of what
 * the corpus has (nearest rank; a row on the percentile stays). Reasons as those of `length`. Memory grows with the
 * number of distinct lengths, not of rows. Applied again it finds new outliers.
 */
export const lengthPercentilesStep: CorpusStepDefinition<LengthPercentilesOptions> = {
  kind: 'corpus',
  name: 'length-percentiles',
  description: 'Drops rows whose lengths lie outside percentiles of the lengths of all rows.',
  options: optionsSchema,
  async plan(rows, options, context) {
    const measures = measuresOf(options)
    const counts = measures.map(() => new Map<number, number>())
    const columnsOf = new Map<string, TextColumns>()
    for await (const row of rows) {
      context.signal?.throwIfAborted()
      columnsOf.set(row.place.file, row.columns)
      const lengths = measureLengths(row, row.columns)
      for (const [index, { measure }] of measures.entries()) {
        const value = lengths[measure]
        if (value === undefined) continue
        const step = graded(value)
        counts[index]!.set(step, (counts[index]!.get(step) ?? 0) + 1)
      }
      context.progress('lengths', row.index + 1)
    }
    const limits = measures.map((measure, index) => ({
      ...measure,
      least: percentile(counts[index]!, measure.low),
      most: percentile(counts[index]!, measure.high),
    }))
    return {
      outcome(_index, row): RowOutcome {
        const columns = columnsOf.get(row.place.file)
        if (columns === undefined) return undefined
        const lengths = measureLengths(row, columns)
        for (const { measure, least, most, short, long } of limits) {
          const value = lengths[measure]
          if (value === undefined) continue
          const step = graded(value)
          if (step < least) return { drop: short, evidence: { [measure]: rounded(value), least } }
          if (step > most) return { drop: long, evidence: { [measure]: rounded(value), most } }
        }
        return undefined
      },
      figures: Object.fromEntries(
        limits.flatMap(({ measure, least, most }) =>
          least === -Infinity
            ? []
            : [[`${measure}, least`, least] as const, [`${measure}, most`, most] as const],
        ),
      ),
    }
  },
}

interface Measure {
  readonly measure: keyof Lengths
  readonly low: number
  readonly high: number
  readonly short: string
  readonly long: string
}

function measuresOf({ unit, low, high, ratioLow, ratioHigh }: LengthPercentilesOptions): Measure[] {
  const summary = unit === 'characters' ? 'summaryCharacters' : 'summaryWords'
  return [
    { measure: unit, low, high, short: 'too-short', long: 'too-long' },
    { measure: summary, low, high, short: 'summary-too-short', long: 'summary-too-long' },
    {
      measure: 'summaryRatio',
      low: ratioLow,
      high: ratioHigh,
      short: 'summary-ratio',
      long: 'summary-ratio',
    },
  ]
}

/** To three digits, so that ratios are few; lengths below a thousand as they are. */
function graded(value: number): number {
  return value >= 1000 && Number.isInteger(value) ? value : Number(value.toPrecision(3))
}

/** The value at a percentile by nearest rank: at least that share of all values is not above it. */
function percentile(counts: ReadonlyMap<number, number>, percent: number): number {
  const sorted = [...counts].toSorted(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  const rank = Math.max(1, Math.ceil((percent / 100) * total))
  let seen = 0
  for (const [value, count] of sorted) {
    seen += count
    if (seen >= rank) return value
  }
  return -Infinity
}
