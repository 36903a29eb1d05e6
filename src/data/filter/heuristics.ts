import { z } from 'zod'
import { documentText } from '../step.ts'
import type { DataRow, RowOutcome, RowStepDefinition, TextColumns } from '../step.ts'
import { brokenRule, isKorean } from './heuristic-rules.ts'
import type { Limits, RuleName } from './heuristic-rules.ts'
import { filterLines, lineRulesSchema } from './line-rules.ts'
import type { LineRules } from './line-rules.ts'
import { koreanLineWords, presetNames, presets, shortLineLengths } from './presets.ts'
import { scanText } from './scan-text.ts'

const limit = (description: string) =>
  z
    .union([z.number().min(0), z.literal(false)])
    .optional()
    .describe(description)

const limitsSchema = z.strictObject({
  minimumWords: limit('Fewest words that are more than symbols (Gopher: 50).'),
  maximumWords: limit('Most words (Gopher: 100,000).'),
  minimumMeanWordLength: limit('Least mean length of words in characters (Gopher: 3).'),
  maximumMeanWordLength: limit('Greatest mean length of words (Gopher: 10).'),
  maximumHashRatio: limit('Most `#` a word, marks such as `#Person1#` aside (Gopher: 0.1).'),
  maximumEllipsisRatio: limit('Most ellipses a word (Gopher: 0.1).'),
  maximumBulletLines: limit('Greatest share of lines that start with a bullet (Gopher: 0.9).'),
  maximumEllipsisLines: limit('Greatest share of lines that end in an ellipsis (Gopher: 0.3).'),
  minimumAlphabeticWords: limit('Least share of words with a letter (Gopher: 0.8).'),
  minimumStopWords: limit(
    'Fewest different stop words of `the be to of and that have with` (Gopher: 2), in Korean of particles and endings.',
  ),
  minimumPunctuatedLines: limit('Least share of lines that end in a terminal mark (FineWeb: 0.12).'),
  maximumShortLines: limit('Greatest share of lines of at most 30 characters, in Korean 20 (FineWeb: 0.67).'),
  maximumDuplicateLineCharacters: limit(
    'Greatest share of characters in lines that stood before (FineWeb: 0.01).',
  ),
  maximumLineEndRatio: limit('Most line ends a word (FineWeb: 0.3).'),
  minimumSentences: limit('Fewest sentences (C4: 3).'),
} satisfies Record<RuleName, z.ZodType>)

export const heuristicsOptionsSchema = z.strictObject({
  preset: z
    .enum(presetNames)
    .default('review')
    .describe(
      'Rules to start from: `gopher`, `c4` and `fineweb` are for documents, `dialogue` and `review` for short texts, which they would leave nothing of; `none` asks nothing but what is given here.',
    ),
  language: z
    .enum(['auto', 'en', 'ko'])
    .default('auto')
    .describe(
      'Whose limits are asked; `auto` takes the Korean ones where more than a quarter of the letters are Hangul.',
    ),
  limits: limitsSchema.prefault({}).describe('Limits in place of the preset’s; `false` asks nothing.'),
  koreanLimits: limitsSchema.prefault({}).describe('The same for Korean texts alone, over `limits`.'),
  lines: lineRulesSchema
    .partial()
    .prefault({})
    .describe(
      'C4’s rules on lines in place of the preset’s: a line that breaks one is taken out of the text.',
    ),
  loremIpsum: z.boolean().optional().describe('Leave out texts with the words `lorem ipsum` (C4).'),
  curlyBrackets: z.boolean().optional().describe('Leave out texts with a `{` (C4).'),
  badWords: z.array(z.string().min(1)).default([]).describe('Leave out texts with one of these words (C4).'),
})

export type HeuristicsOptions = z.infer<typeof heuristicsOptionsSchema>

/**
 * The rules of Gopher, C4 and FineWeb, each by itself selectable, in presets. A row that breaks a rule on documents is dropped with
 * the value measured and its limit; a line that breaks one on lines is taken out of its column. Words are what spaces separate: in
 * Korean, eojeol. Limits for Korean are its own (see `presets`); texts of other scripts are judged by the English ones.
 */
export const heuristicsStep: RowStepDefinition<HeuristicsOptions> = {
  kind: 'row',
  name: 'heuristics',
  description:
    'Leaves out rows, and lines of rows, by the rules of Gopher, C4 and FineWeb, with limits for Korean of its own.',
  options: heuristicsOptionsSchema,
  create(options) {
    const preset = presets[options.preset]
    const english: Limits = { ...preset.limits, ...given(options.limits) }
    const settings: Settings = {
      language: options.language,
      english,
      korean: {
        ...preset.limits,
        ...preset.koreanLimits,
        ...given(options.limits),
        ...given(options.koreanLimits),
      },
      lines: { ...preset.lines, ...given(options.lines) },
      loremIpsum: options.loremIpsum ?? preset.loremIpsum,
      curlyBrackets: options.curlyBrackets ?? preset.curlyBrackets,
      badWords: wordExpression(options.badWords),
    }
    return {
      apply(row, columns) {
        return judge(row, columns, settings)
      },
    }
  },
}

interface Settings {
  readonly language: HeuristicsOptions['language']
  readonly english: Limits
  readonly korean: Limits
  readonly lines: LineRules
  readonly loremIpsum: boolean
  readonly curlyBrackets: boolean
  readonly badWords: RegExp | undefined
}

/** The fields that were given, so that spreading them leaves the others as they are. */
function given<Fields extends object>(fields: Fields): Required<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Required<Fields>
}

function judge(row: DataRow, columns: TextColumns, settings: Settings): RowOutcome {
  const { row: filtered, changes } = withoutLines(row, columns, settings)
  const text = documentText(filtered, columns)
  if (settings.loremIpsum && /lorem ipsum/i.test(text)) return { drop: 'lorem-ipsum' }
  if (settings.curlyBrackets && text.includes('{')) return { drop: 'curly-brackets' }
  if (settings.badWords?.test(text)) return { drop: 'bad-words' }
  const scan = scanText(text)
  const korean = settings.language === 'ko' || (settings.language === 'auto' && isKorean(scan))
  const broken = brokenRule(scan, korean ? settings.korean : settings.english, {
    korean,
    shortLineLength: korean ? shortLineLengths.korean : shortLineLengths.english,
  })
  if (broken) {
    const { reason, value, limit } = broken
    return { drop: reason, evidence: { value: Math.round(value * 1e4) / 1e4, limit } }
  }
  return changes === undefined ? undefined : { values: filtered.values, changes }
}

/** The row with its document's lines filtered, and what was taken out. */
function withoutLines(
  row: DataRow,
  columns: TextColumns,
  { lines, language }: Settings,
): { readonly row: DataRow; readonly changes?: Readonly<Record<string, number>> } {
  const asked = lines.terminalPunctuation || lines.minimumWords > 0 || lines.maximumWordLength > 0
  if (!asked && !lines.scripts && !lines.policies && !lines.citations) return { row }
  const changes: Record<string, number> = {}
  const values: Record<string, unknown> = { ...row.values }
  for (const name of columns.document) {
    const text = row.values[name]
    if (typeof text !== 'string') continue
    values[name] = keptLines(text, lines, language, changes)
  }
  return Object.keys(changes).length === 0 ? { row } : { row: { place: row.place, values }, changes }
}

/** A text without the lines that break a rule; what is left may be of another language, and is then asked that one's. */
function keptLines(
  text: string,
  lines: LineRules,
  language: Settings['language'],
  changes: Record<string, number>,
): string {
  for (;;) {
    const korean = language === 'ko' || (language === 'auto' && isKorean(scanText(text)))
    const result = filterLines(
      text,
      korean ? { ...lines, minimumWords: koreanLineWords(lines.minimumWords) } : lines,
    )
    const kinds = Object.entries(result.changes)
    if (kinds.length === 0) return text
    for (const [kind, count] of kinds) changes[kind] = (changes[kind] ?? 0) + count
    text = result.text
  }
}

/** Any of the words by itself; after a Korean one particles may follow. */
function wordExpression(words: readonly string[]): RegExp | undefined {
  if (words.length === 0) return undefined
  const escaped = words.map((word) => {
    const source = word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    return /\p{Script=Hangul}$/u.test(word) ? source : `${source}(?![\\p{L}\\p{N}])`
  })
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})`, 'iu')
}
