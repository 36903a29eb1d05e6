import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import type { RowOutcome, RowStepDefinition } from '../step.ts'
import { placeRandom } from './place-random.ts'
import { chosenColumns, columnsOption, copiesOption, outputOption } from './options.ts'
import { protectedSpans, type Span } from './protected-spans.ts'
import { addTypingNoise, type NoiseCounts, type NoiseRates } from './typing-noise.ts'

const rate = (share: number) => z.number().min(0).max(1).default(share)

const optionsSchema = z.strictObject({
  output: outputOption,
  copies: copiesOption,
  columns: columnsOption('the columns of the document, without the summary'),
  neighbour: rate(0.01).describe(
    'Share of keys that are missed for one beside them (ㅓ for ㅏ, `w` for `e`).',
  ),
  drop: rate(0.005).describe('Share of keys that are left out.'),
  double: rate(0.005).describe('Share of keys that are pressed twice.'),
  swap: rate(0.005).describe('Share of keys that change places with the next.'),
  shift: rate(0.005).describe(
    'Share of keys with shift pressed wrongly: case in English, ㅂ and ㅃ in Korean.',
  ),
  spaceDropped: rate(0.02).describe('Share of spaces between words that are left out.'),
  spaceAdded: rate(0.005).describe('Share of places within words where a space is put.'),
  punctuation: rate(0.02).describe('Share of punctuation marks that are left out or doubled.'),
  layout: rate(0).describe(
    'Share of words typed with the other keyboard on: 안녕 as `dkssud`, `hello` as ㅗ디ㅣㅐ.',
  ),
  protect: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Regular expressions (flag `u`) of what stays as it is, besides marks such as `#Person1#`, addresses and the names before turns.',
    ),
})

type NoiseOptions = z.infer<typeof optionsSchema>

/**
 * Typing mistakes, so that a model meets in training what people send it: rows with mistakes are added beside the row, or take its
 * place. Deterministic by seed and place. A row that no mistake befell makes none.
 */
export const noise: RowStepDefinition<NoiseOptions> = {
  kind: 'row',
  name: 'noise',
  description:
    'Adds rows with typing mistakes: keys missed on the Korean and English keyboards, wrong spaces.',
  options: optionsSchema,
  create(options, { seed }) {
    const patterns = options.protect.map(regularExpression)
    const { neighbour, drop, double, swap, shift } = options
    const rates: NoiseRates = options
    if (neighbour + drop + double + swap + shift > 1) {
      throw new YuksuError(
        'noise-rates',
        `neighbour, drop, double, swap and shift of the step noise add up to ${neighbour + drop + double + swap + shift}; only one of them happens to a key, so give shares whose sum is at most 1`,
      )
    }
    return {
      apply(row, columns): RowOutcome {
        const names = chosenColumns(
          options.columns,
          columns.document.filter((name) => name !== columns.summary),
        )
        const random = placeRandom(seed, 'noise', row.place)
        const spans = new Map(names.map((name) => [name, spansOf(row.values[name], patterns)]))
        const noisy = (): { values: Record<string, unknown>; counts: NoiseCounts } => {
          const counts: NoiseCounts = {}
          const values: Record<string, unknown> = { ...row.values }
          for (const name of names) {
            const text = row.values[name]
            if (typeof text === 'string')
              values[name] = addTypingNoise(text, spans.get(name)!, rates, random, counts)
          }
          return { values, counts }
        }
        if (options.output === 'replace') {
          const { values, counts } = noisy()
          return Object.keys(counts).length === 0 ? undefined : { values, changes: counts }
        }
        const made = Array.from({ length: options.copies }, noisy).filter(
          ({ counts }) => Object.keys(counts).length > 0,
        )
        if (made.length === 0) return undefined
        return {
          made: made.map(({ values }) => values),
          recipe: { step: 'noise', seed },
          recipes: made.map(({ counts }) => ({ mistakes: counts })),
        }
      },
    }
  },
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'gu')
  } catch (error) {
    throw new YuksuError(
      'noise-protect',
      `${JSON.stringify(source)} under protect of the step noise is no regular expression (${error instanceof Error ? error.message : 'it cannot be read'}); mend it or leave it out`,
    )
  }
}

function spansOf(text: unknown, patterns: readonly RegExp[]): Span[] {
  if (typeof text !== 'string') return []
  const own = patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({ start: match.index, end: match.index + match[0].length })),
  )
  return own.length === 0 ? protectedSpans(text) : protectedSpans(text, own)
}
