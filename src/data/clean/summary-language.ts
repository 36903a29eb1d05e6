import { z } from 'zod'
import {
  documentText,
  type DataRow,
  type RowOutcome,
  type RowStepDefinition,
  type TextColumns,
} from '../step.ts'

const share = (by: number, what: string) => z.number().min(0).max(1).default(by).describe(what)

const optionsSchema = z.strictObject({
  minLetters: z
    .int()
    .min(1)
    .default(8)
    .describe('Fewest letters that a text must have for its script to be judged.'),
  documentShare: share(
    0.6,
    'Least share of its letters (a syllable or Chinese character counts for two or three) by which a script is that of a document.',
  ),
  summaryShare: share(
    0.2,
    'Least share of the letters of a summary that must be of that script. Names and terms of another script are usual in a summary, so it is low.',
  ),
  translations: z
    .boolean()
    .default(false)
    .describe(
      'Whether columns that stand side by side, such as a sentence and its translation, must be of one script too.',
    ),
})

export type SummaryLanguageOptions = z.infer<typeof optionsSchema>

/** Writing systems that tell languages apart. Chinese characters count for Japanese where kana stand beside them. */
const scripts = [
  ['korean', /[가-힣ㄱ-ㅣ\u1100-\u11ff]/g],
  ['kana', /[\u3041-\u30ff\u31f0-\u31ff]/g],
  ['chinese', /[\u3400-\u9fff\uf900-\ufaff]/g],
  ['latin', /\p{Script=Latin}/gu],
  ['cyrillic', /\p{Script=Cyrillic}/gu],
  ['greek', /\p{Script=Greek}/gu],
  ['arabic', /\p{Script=Arabic}/gu],
  ['hebrew', /\p{Script=Hebrew}/gu],
  ['devanagari', /\p{Script=Devanagari}/gu],
  ['thai', /\p{Script=Thai}/gu],
] as const

type Script = Exclude<(typeof scripts)[number][0], 'kana'> | 'japanese'

/** What has letters without being of a language: mask tokens, links, addresses, code between backticks, tags. */
const noLanguage = /#\w+#|\bhttps?:\/\/\S+|\S+@\S+\.\S+|```[^]*?```|`[^`\n]*`|<\/?\w[^<>\n]*>/g

/** What a letter says beside one of an alphabet: a Korean syllable is two or three of them. */
const weights: Partial<Record<Script, number>> = { korean: 2.5, japanese: 2, chinese: 3 }

/** Letters of a text by script, mask tokens, links and code left out. */
export function countScripts(text: string): Map<Script, number> {
  const bare = text.replace(noLanguage, ' ')
  const counts = new Map<Script, number>()
  let kana = 0
  for (const [name, letters] of scripts) {
    const count = bare.match(letters)?.length ?? 0
    if (name === 'kana') kana = count
    else if (name === 'chinese' && kana > 0) counts.set('japanese', kana + count)
    else if (count > 0) counts.set(name, count)
  }
  if (kana > 0 && !counts.has('japanese')) counts.set('japanese', kana)
  return counts
}

/**
 * Drops rows whose summary is in another writing system than their document (`summary-language`): a Korean dialogue with an English
 * summary. Languages that share a script are not told apart here. Rows without a summary's column are translations or
 * single texts and stay, unless `translations` asks for one script across the columns (`column-language`).
 */
export const summaryLanguageStep: RowStepDefinition<SummaryLanguageOptions> = {
  kind: 'row',
  name: 'summary-language',
  description: 'Drops rows whose summary is in another writing system than their document.',
  options: optionsSchema,
  create(options) {
    return {
      apply(row, columns) {
        const { summary } = columns
        if (summary !== undefined) {
          const outcome = compare(documentText(row, columns), text(row, summary), options)
          if (outcome) return { drop: 'summary-language', evidence: outcome }
        }
        if (options.translations) return compareColumns(row, columns, options)
        return undefined
      },
    }
  },
}

function compareColumns(
  row: DataRow,
  { document }: TextColumns,
  options: SummaryLanguageOptions,
): RowOutcome {
  for (const name of document.slice(1)) {
    const outcome = compare(text(row, document[0]!), text(row, name), options)
    if (outcome) return { drop: 'column-language', evidence: { column: name, ...outcome } }
  }
  return undefined
}

function compare(document: string, other: string, options: SummaryLanguageOptions) {
  const theirs = countScripts(other)
  const letters = total(theirs)
  if (letters < options.minLetters) return undefined
  const own = countScripts(document)
  const expected = largest(own)
  if (expected === undefined || total(own) < options.minLetters) return undefined
  if (weight(own, expected) < options.documentShare * total(own)) return undefined
  const shared = weight(theirs, expected)
  if (shared >= options.summaryShare * letters) return undefined
  return { expected, found: largest(theirs)!, share: Math.round((shared / letters) * 1e3) / 1e3 }
}

function total(counts: ReadonlyMap<Script, number>): number {
  let sum = 0
  for (const script of counts.keys()) sum += weight(counts, script)
  return sum
}

function weight(counts: ReadonlyMap<Script, number>, script: Script): number {
  return (counts.get(script) ?? 0) * (weights[script] ?? 1)
}

function largest(counts: ReadonlyMap<Script, number>): Script | undefined {
  let found: Script | undefined
  for (const script of counts.keys()) {
    if (found === undefined || weight(counts, script) > weight(counts, found)) found = script
  }
  return found
}

function text(row: DataRow, name: string): string {
  const value = row.values[name]
  return typeof value === 'string' ? value : ''
}
