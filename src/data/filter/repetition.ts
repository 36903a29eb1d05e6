import { z } from 'zod'
import { documentText } from '../step.ts'
import type { RowOutcome, RowStepDefinition } from '../step.ts'
import { duplicateLines, duplicateParagraphs } from './duplicate-lines.ts'
import { isKorean } from './heuristic-rules.ts'
import { gramSteps, repeatedShares } from './repeated-grams.ts'
import type { GramSteps } from './repeated-grams.ts'
import { scanText } from './scan-text.ts'

const share = () => z.union([z.number().min(0).max(1), z.literal(false)])
const gramLimits = () =>
  z.array(z.strictObject({ length: z.int().min(2).max(100), share: z.number().min(0) }))

/** Gopher's table A1. */
const byWord = {
  top: [
    { length: 2, share: 0.2 },
    { length: 3, share: 0.18 },
    { length: 4, share: 0.16 },
  ],
  duplicate: [
    { length: 5, share: 0.15 },
    { length: 6, share: 0.14 },
    { length: 7, share: 0.13 },
    { length: 8, share: 0.12 },
    { length: 9, share: 0.11 },
    { length: 10, share: 0.1 },
  ],
}

/** The same for Korean by character; how they were chosen stands at `repetitionStep`. */
const byCharacter = {
  top: [
    { length: 6, share: 0.22 },
    { length: 9, share: 0.2 },
    { length: 12, share: 0.18 },
  ],
  duplicate: [
    { length: 15, share: 0.3 },
    { length: 20, share: 0.25 },
    { length: 30, share: 0.18 },
  ],
}

export const repetitionOptionsSchema = z.strictObject({
  unit: z
    .enum(['auto', 'word', 'character'])
    .default('auto')
    .describe(
      'What n-grams are made of; `auto` takes characters where more than a quarter of the letters are Hangul, else words.',
    ),
  duplicateLines: share()
    .default(0.3)
    .describe('Largest share of lines that repeat an earlier one, or `false`.'),
  duplicateParagraphs: share().default(0.3).describe('The same for paragraphs.'),
  duplicateLineCharacters: share()
    .default(0.2)
    .describe('Largest share of characters in such lines, or `false`.'),
  duplicateParagraphCharacters: share().default(0.2).describe('The same for paragraphs.'),
  topWordGrams: gramLimits()
    .default(byWord.top)
    .describe(
      'By word: largest share of characters in the most frequent n-gram, for n-grams of these lengths.',
    ),
  minimumOccurrences: z
    .int()
    .min(2)
    .default(3)
    .describe(
      'The most frequent n-gram only counts where it stands so often: in a short text one that stands twice is a large share already.',
    ),
  duplicateWordGrams: gramLimits()
    .default(byWord.duplicate)
    .describe('By word: largest share of characters in n-grams that stood before.'),
  topCharacterGrams: gramLimits().default(byCharacter.top).describe('The same by character.'),
  duplicateCharacterGrams: gramLimits().default(byCharacter.duplicate).describe('The same by character.'),
})

export type RepetitionOptions = z.infer<typeof repetitionOptionsSchema>

export const repetitionStep: RowStepDefinition<RepetitionOptions> = {
  kind: 'row',
  name: 'repetition',
  description:
    'Leaves out rows that repeat themselves, by lines, paragraphs and n-grams of words or, in Korean, of characters (Gopher).',
  options: repetitionOptionsSchema,
  create(options) {
    const grams = {
      word: gramsOf(options.topWordGrams, options.duplicateWordGrams),
      character: gramsOf(options.topCharacterGrams, options.duplicateCharacterGrams),
    }
    return {
      apply(row, columns) {
        return judge(documentText(row, columns), options, grams)
      },
    }
  },
}

type GramLimits = readonly { readonly length: number; readonly share: number }[]

interface Grams {
  readonly top: GramLimits
  readonly duplicate: GramLimits
  readonly steps: GramSteps
}

function gramsOf(top: GramLimits, duplicate: GramLimits): Grams {
  return {
    top,
    duplicate,
    steps: gramSteps(
      top.map(({ length }) => length),
      duplicate.map(({ length }) => length),
    ),
  }
}

function judge(
  text: string,
  options: RepetitionOptions,
  grams: { readonly word: Grams; readonly character: Grams },
): RowOutcome {
  const scan = scanText(text)
  if (scan.words === 0) return undefined
  const over = (drop: string, value: number, limit: number | false): RowOutcome =>
    limit !== false && value > limit ? { drop, evidence: { share: rounded(value), limit } } : undefined
  if (scan.lines > 1) {
    const paragraphs = duplicateParagraphs(text)
    const lines = duplicateLines(scan)
    const outcome =
      over('repeated-paragraphs', paragraphs.duplicates / paragraphs.count, options.duplicateParagraphs) ??
      over(
        'repeated-paragraphs',
        paragraphs.characters / scan.characters,
        options.duplicateParagraphCharacters,
      ) ??
      over('repeated-lines', lines.duplicates / lines.count, options.duplicateLines) ??
      over('repeated-lines', lines.characters / scan.characters, options.duplicateLineCharacters)
    if (outcome) return outcome
  }
  const unit = options.unit !== 'auto' ? options.unit : isKorean(scan) ? 'character' : 'word'
  const { top, duplicate, steps } = grams[unit]
  const shares = repeatedShares(scan, unit, steps, options.minimumOccurrences)
  for (const { length, share: limit } of top) {
    const value = shares.top.get(length)
    if (value !== undefined && value > limit) {
      return { drop: 'frequent-phrase', evidence: { unit, length, share: rounded(value), limit } }
    }
  }
  for (const { length, share: limit } of duplicate) {
    const value = shares.duplicate.get(length)
    if (value !== undefined && value > limit) {
      return { drop: 'repeated-phrases', evidence: { unit, length, share: rounded(value), limit } }
    }
  }
  return undefined
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
