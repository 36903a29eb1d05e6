import { YuksuError } from '../errors.ts'
import { isBlank, parseFields, separatedSplitter } from './csv.ts'
import type { SeparatedFormat } from './csv.ts'
import { jsonArraySplitter } from './json-array.ts'
import { parseJsonRow } from './json-row.ts'
import { lineSplitter } from './lines.ts'
import type { RecordSplitter, RowFault } from './record-splitter.ts'

/** The ends of names of files that hold rows. */
export const rowFormats = ['.jsonl', '.json', '.csv', '.tsv'] as const
export type RowFormat = (typeof rowFormats)[number]

/** What parsing needs besides the text of a row: plain data. */
export type RowSettings =
  | { readonly kind: 'json' }
  | { readonly kind: 'separated'; readonly separated: SeparatedFormat; readonly columns: readonly string[] }

/** How a file of rows is cut and parsed. */
export interface RowLayout {
  readonly splitter: RecordSplitter
  /** How its header is told apart into columns, where it has one: the first record that is not blank. */
  readonly separated?: SeparatedFormat
}

/** `quotes` says whether a field may be quoted, by default in .csv; a CSV record is never longer than `limit` bytes. */
export function rowLayout(path: string, format: RowFormat, quotes?: boolean, limit?: number): RowLayout {
  if (format === '.json') return { splitter: jsonArraySplitter(path) }
  if (format === '.jsonl') return { splitter: lineSplitter() }
  const separated: SeparatedFormat = {
    delimiter: format === '.csv' ? ',' : '\t',
    quotes: quotes ?? format === '.csv',
  }
  return { splitter: separatedSplitter(separated, limit), separated }
}

export type ParsedRow = { readonly values: Record<string, unknown> } | RowFault

/** The values of one row out of its text; column names and keys are in normal form C. */
export function parseRow(text: string, settings: RowSettings): ParsedRow {
  if (settings.kind === 'json') {
    const row = parseJsonRow(text)
    return 'values' in row ? row : { reason: 'malformed', detail: row.error }
  }
  const { separated, columns } = settings
  const fields = parseFields(text, separated)
  if ('error' in fields) return { reason: 'malformed', detail: fields.error }
  if (fields.length !== columns.length) {
    const detail = `the row has ${fields.length} columns, the header ${columns.length} (${columns.join(', ')})`
    return { reason: 'ragged', detail }
  }
  const values: Record<string, unknown> = {}
  for (let i = 0; i < columns.length; i++) values[columns[i]!] = fields[i]
  return { values }
}

/** The names of the columns in normal form C. Throws `invalid-header`. */
export function parseHeader(path: string, text: string, format: SeparatedFormat): string[] {
  const fields = parseFields(text, format)
  if ('error' in fields) throw invalidHeader(path, fields.error)
  if (text.replace(/\r$/, '').includes('\r'))
    throw invalidHeader(path, 'its line ends are CR alone; save it with LF or CRLF')
  const names = fields.map((name, i) => name.normalize('NFC') || `column ${i + 1}`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalidHeader(path, `two columns are named ${JSON.stringify(twice)}`)
  return names
}

export function invalidHeader(path: string, why: string): YuksuError {
  return new YuksuError('invalid-header', `the header of ${path} cannot be used: ${why}`)
}

export { isBlank }
