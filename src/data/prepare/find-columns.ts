// Which columns hold text is said by the recipe, or found in the first rows of each source: by names that are common, and
// by what the values look like. Silently judging the wrong column would be worst, so what was found stands in the report.
import { YuksuError } from '../../errors.ts'
import { nearest } from '../../settings/nearest-name.ts'
import type { RowValues, TextColumns } from '../step.ts'

/** The columns of a source, and the one that names its rows in reports. */
export interface SourceColumns extends TextColumns {
  readonly id?: string
}

/** What a recipe says of columns. */
export interface GivenColumns {
  readonly text?: readonly string[] | undefined
  readonly document?: readonly string[] | undefined
  readonly summary?: string | undefined
  readonly id?: string | undefined
}

const summaryNames = ['summary', 'summaries', 'highlights', 'abstract', 'tldr', '요약', '요약문']
/** Columns of these names hold text, be it a word in each of the first rows. */
const textNames = [
  'text',
  'content',
  'document',
  'dialogue',
  'dialog',
  'review',
  'sentence',
  'body',
  'comment',
  'comments',
  '본문',
  '내용',
  '문장',
  '대화',
  '리뷰',
  '댓글',
]
const idNames = [
  'id',
  '_id',
  'uid',
  'uuid',
  'guid',
  'fname',
  'review_id',
  'doc_id',
  'row_id',
  'task_id',
  '번호',
]
/** A column much shorter than the longest is a title or a topic: cleaned with the rest, and no part of the document. */
const documentShare = 0.1
/** Columns of labels repeat few values. */
const labelShare = 0.1
const rowsToTellLabels = 20

/** How many first rows are looked at. */
export const rowsLookedAt = 200

/**
 * The text columns of a source with these first rows.
 *
 * @throws YuksuError `missing-column` where the recipe names one that no row has, `no-text-column` where none is found.
 */
export function findColumns(rows: readonly RowValues[], given: GivenColumns, file: string): SourceColumns {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const check = (name: string) => {
    const known = name.normalize('NFC')
    if (names.includes(known)) return known
    const near = nearest(name, names)
    const mend = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`
    throw new YuksuError('missing-column', `${file} has no column ${name}; ${mend}`)
  }
  const texts = given.text?.map(check)
  const document = given.document?.map(check)
  const summary = given.summary === undefined ? undefined : check(given.summary)
  const id = given.id === undefined ? findId(names, rows) : check(given.id)
  const found = names.filter((name) => isText(name, rows))
  const ownSummary =
    summary ??
    (document === undefined && texts === undefined
      ? found.find((name) => summaryNames.includes(name.toLowerCase()) && found.length > 1)
      : undefined)
  const ownDocument =
    document ??
    documentOf(
      (texts ?? found).filter((name) => name !== ownSummary),
      rows,
    )
  if (ownDocument.length === 0) {
    throw new YuksuError(
      'no-text-column',
      `no column of text was found in ${file} (columns: ${names.join(', ')}); name one, such as columns.document=[${names[0] ?? 'text'}]`,
    )
  }
  const wanted = new Set([
    ...(texts ?? found),
    ...ownDocument,
    ...(ownSummary === undefined ? [] : [ownSummary]),
  ])
  return {
    texts: names.filter((name) => wanted.has(name)),
    document: ownDocument,
    ...(ownSummary !== undefined && { summary: ownSummary }),
    ...(id !== undefined && { id }),
  }
}

/** Values of a column that are not empty; undefined where one is no text. */
function textsOf(name: string, rows: readonly RowValues[]): string[] | undefined {
  const texts: string[] = []
  for (const row of rows) {
    const value = row[name]
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'string') return undefined
    texts.push(value)
  }
  return texts
}

/** Words with a space between them, or a script that writes sentences in few or no spaces. */
const running =
  /\p{L}[\p{L}\p{P}\p{M}]*\s+\S*\p{L}|[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{2}/u

function isText(name: string, rows: readonly RowValues[]): boolean {
  const texts = textsOf(name, rows)
  if (texts === undefined || texts.length === 0) return false
  if (textNames.includes(name.toLowerCase())) return true
  const runningTexts = texts.filter((text) => running.test(text.length > 2000 ? text.slice(0, 2000) : text))
  if (runningTexts.length < texts.length / 2) return false
  const distinct = new Set(texts).size
  return texts.length < rowsToTellLabels || distinct > texts.length * labelShare
}

function documentOf(names: readonly string[], rows: readonly RowValues[]): string[] {
  const lengths = names.map((name) => {
    const texts = textsOf(name, rows) ?? []
    return texts.reduce((total, text) => total + text.length, 0) / Math.max(texts.length, 1)
  })
  const longest = Math.max(0, ...lengths)
  return names.filter((_, index) => lengths[index]! >= longest * documentShare)
}

function findId(names: readonly string[], rows: readonly RowValues[]): string | undefined {
  return names.find((name) => {
    if (!idNames.includes(name.toLowerCase())) return false
    const values = rows.map((row) => row[name])
    const areNames = values.every((value) => typeof value === 'string' || typeof value === 'number')
    return areNames && new Set(values).size === values.length
  })
}
