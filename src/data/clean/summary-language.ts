import { z } from 'zod'
import {
  documentText,
  type DataRow,
  type Evidence,
  type RowOutcome,
  type RowStepDefinition,
  type TextColumns,
} from '../step.ts'
import { detectLanguage, letterWorth } from '../filter/language/detect-language.ts'
import {
  firstLetterScript,
  type Script,
  scriptCode,
  scriptNames,
  scriptTable,
} from '../filter/language/letters.ts'

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
  languages: z
    .boolean()
    .default(true)
    .describe('Whether languages of one script are told apart too, in texts of some length.'),
  translations: z
    .boolean()
    .default(false)
    .describe(
      'Whether columns that stand side by side, such as a sentence and its translation, must be of one language too.',
    ),
})

export type SummaryLanguageOptions = z.infer<typeof optionsSchema>

/** Scripts that several languages here are told apart in. */
const shared = new Set<Script>(['latin', 'cyrillic', 'arabic'])

/** What has letters without being of a language: mask tokens, links, addresses, code between backticks, tags. */
const noLanguage = /#\w+#|\bhttps?:\/\/\S+|\S+@\S+\.\S+|```[^]*?```|`[^`\n]*`|<\/?\w[^<>\n]*>/g

/** Letters of a text by script, each counted as what it says beside a Latin one; Chinese characters beside kana are Japanese. */
function countScripts(text: string): Map<Script, number> {
  const table = scriptTable()
  const counts = new Float64Array(scriptNames.length)
  for (let index = 0; index < text.length; index++) counts[table[text.charCodeAt(index)]!]! += 1
  const { kana, han } = scriptCode
  if (counts[kana]! > 0) {
    counts[kana]! += counts[han]!
    counts[han] = 0
  }
  const found = new Map<Script, number>()
  for (let code = firstLetterScript; code < counts.length; code++) {
    const script = scriptNames[code]!
    if (counts[code]! > 0) found.set(script, counts[code]! * (letterWorth[script] ?? 1))
  }
  return found
}

/**
 * Drops rows whose summary is in another language than their document (`summary-language`): a Korean dialogue with an English
 * summary, by the share of the letters; with `languages` also an English dialogue with a French summary, where both are long
 * enough to be sure. Rows without a summary's column are translations or single texts and stay, unless `translations`
 * asks for one language across the columns (`column-language`).
 */
export const summaryLanguageStep: RowStepDefinition<SummaryLanguageOptions> = {
  kind: 'row',
  name: 'summary-language',
  description: 'Drops rows whose summary is in another language than their document.',
  options: optionsSchema,
  create(options) {
    return {
      apply(row, columns) {
        const { summary } = columns
        if (summary !== undefined) {
          const evidence = compare(documentText(row, columns), text(row, summary), options)
          if (evidence) return { drop: 'summary-language', evidence }
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
    const evidence = compare(text(row, document[0]!), text(row, name), options)
    if (evidence) return { drop: 'column-language', evidence: { column: name, ...evidence } }
  }
  return undefined
}

/** Why two texts are not of one language, or undefined where they may be. */
function compare(document: string, other: string, options: SummaryLanguageOptions): Evidence | undefined {
  const [ownText, theirText] = [document, other].map((whole) => whole.replace(noLanguage, ' ')) as [
    string,
    string,
  ]
  const theirs = countScripts(theirText)
  const letters = total(theirs)
  if (letters < options.minLetters) return undefined
  const own = countScripts(ownText)
  const expected = largest(own)
  if (expected === undefined || total(own) < options.minLetters) return undefined
  if (own.get(expected)! < options.documentShare * total(own)) return undefined
  const share = (theirs.get(expected) ?? 0) / letters
  if (share < options.summaryShare) {
    return { expected, found: largest(theirs)!, share: Math.round(share * 1e3) / 1e3 }
  }
  if (!options.languages || !shared.has(expected) || Math.min(letters, total(own)) < leastLetters)
    return undefined
  const [ownLanguage, theirLanguage] = [detectLanguage(ownText), detectLanguage(theirText)]
  if (ownLanguage.language === theirLanguage.language) return undefined
  if (Math.min(ownLanguage.confidence, theirLanguage.confidence) < leastConfidence) return undefined
  return {
    expected: ownLanguage.language,
    found: theirLanguage.language,
    confidence: Math.round(theirLanguage.confidence * 1e3) / 1e3,
  }
}

/** Letters that both texts must have, and how sure their languages must be, before languages of one script are told apart. */
const leastLetters = 40
const leastConfidence = 0.9

function total(counts: ReadonlyMap<Script, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

function largest(counts: ReadonlyMap<Script, number>): Script | undefined {
  let found: Script | undefined
  for (const [script, count] of counts) {
    if (found === undefined || count > counts.get(found)!) found = script
  }
  return found
}

function text(row: DataRow, name: string): string {
  const value = row.values[name]
  return typeof value === 'string' ? value : ''
}
