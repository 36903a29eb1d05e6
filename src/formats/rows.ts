import { YuksuError } from '../errors.ts'
import { parseFields, separatedSplitter } from './csv.ts'
import type { SeparatedFormat } from './csv.ts'
import { decodeUtf8 } from './decode-utf8.ts'
import { jsonArraySplitter } from './json-array.ts'
import { parseJsonRow } from './json-row.ts'
import { invalidByteMessage, lineSplitter } from './lines.ts'
import type { RawRecord, RecordSplitter } from './record-splitter.ts'
import { readBytes } from './text-source.ts'

export { readLines } from './lines.ts'
export type { TextLine } from './lines.ts'

/**
 * One row of a data file, or why it could not be read. `number` counts rows from 1 (a header and blank
 * lines are none), `line` is the physical line where the row starts, from 1.
 */
export type Row =
  | { readonly number: number; readonly line: number; readonly values: Record<string, unknown> }
  | { readonly number: number; readonly line: number; readonly error: string }

export interface ReadRowsOptions {
  /**
   * Whether a field may be quoted. By default yes in .csv (RFC 4180) and no in .tsv, where a quote is a
   * character like any other (IANA text/tab-separated-values).
   */
  readonly quotes?: boolean
}

const formats = ['.jsonl', '.json', '.csv', '.tsv'] as const
type Format = (typeof formats)[number]

/** The names that `readRows` accepts, for messages and help. */
export const supportedRowFiles = `${formats.join(', ')}, each also with .gz`

/**
 * Streams the rows of a .jsonl, .json (one array), .csv or .tsv file, each also with .gz. A row that cannot
 * be read (ragged, not UTF-8, not JSON, not an object) comes as an error in its place and the others are
 * unharmed. Column names are in normal form C, so that a name typed by a person finds its column; values
 * stay as they are. Throws `YuksuError`: `unknown-format`, `missing-file`, `cannot-read`, `empty-file`,
 * `corrupt-gzip`, `not-utf-8`, `invalid-header`, `not-an-array`.
 */
export async function* readRows(path: string, options: ReadRowsOptions = {}): AsyncGenerator<Row> {
  const format = formatOf(path)
  const { splitter, toRow } = reader(path, format, options)
  let number = 0
  const rows = (records: RawRecord[]): Row[] =>
    records.flatMap((record) => {
      const row = toRow(record)
      return row ? [{ number: ++number, line: record.line, ...row }] : []
    })
  for await (const piece of readBytes(path)) yield* rows(splitter.push(piece))
  yield* rows(splitter.finish())
  if (number === 0) throw new YuksuError('empty-file', `${path} holds no rows; give a file with at least one`)
}

type Outcome = { values: Record<string, unknown> } | { error: string }

interface Reader {
  splitter: RecordSplitter
  /** Undefined for what is no row: a header, a blank line. */
  toRow(record: RawRecord): Outcome | undefined
}

function reader(path: string, format: Format, options: ReadRowsOptions): Reader {
  if (format === '.csv' || format === '.tsv') {
    const quotes = options.quotes ?? format === '.csv'
    return separatedReader(path, { delimiter: format === '.csv' ? ',' : '\t', quotes })
  }
  const splitter = format === '.json' ? jsonArraySplitter(path) : lineSplitter()
  return { splitter, toRow: (record) => decoded(record, parseJsonRow) }
}

function separatedReader(path: string, format: SeparatedFormat): Reader {
  let header: string[] | undefined
  function toRow(text: string): Outcome | undefined {
    const fields = parseFields(text, format)
    if ('error' in fields) return fields
    const names = header!
    if (fields.length !== names.length) {
      return {
        error: `the row has ${fields.length} columns, the header ${names.length} (${names.join(', ')})`,
      }
    }
    return { values: Object.fromEntries(names.map((name, i) => [name, fields[i]])) }
  }
  return {
    splitter: separatedSplitter(format),
    toRow(record) {
      if (header) return decoded(record, toRow)
      if (record.error === undefined && isBlank(record.bytes)) return undefined
      header = parseHeader(path, record, format)
      return undefined
    },
  }
}

function parseHeader(path: string, { bytes, error }: RawRecord, format: SeparatedFormat): string[] {
  const refuse = (why: string) =>
    new YuksuError('invalid-header', `the header of ${path} cannot be used: ${why}`)
  if (error !== undefined) throw refuse(error)
  const text = decodeUtf8(bytes)
  if ('invalidAt' in text) {
    throw new YuksuError(
      'not-utf-8',
      `the header of ${path} is not UTF-8 (byte ${text.invalidAt + 1}); save the file as UTF-8 (Korean spreadsheets often write CP949)`,
    )
  }
  const fields = parseFields(text.text, format)
  if ('error' in fields) throw refuse(fields.error)
  if (text.text.replace(/\r$/, '').includes('\r'))
    throw refuse('its line ends are CR alone; save it with LF or CRLF')
  const names = fields.map((name, i) => name.normalize('NFC') || `column ${i + 1}`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw refuse(`two columns are named ${JSON.stringify(twice)}`)
  return names
}

function decoded(record: RawRecord, parse: (text: string) => Outcome | undefined): Outcome | undefined {
  if (record.error !== undefined) return { error: record.error }
  if (isBlank(record.bytes)) return undefined
  const decoded = decodeUtf8(record.bytes)
  return 'text' in decoded ? parse(decoded.text) : { error: invalidByteMessage(decoded.invalidAt) }
}

/** Empty, or only spaces and carriage returns (a tab separates columns). */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0d)
}

function formatOf(path: string): Format {
  const name = path.toLowerCase().replace(/\.gz$/, '')
  const found = formats.find((format) => name.endsWith(format))
  if (found) return found
  throw new YuksuError(
    'unknown-format',
    `cannot tell the format of ${path} by its name; expected ${supportedRowFiles}`,
  )
}
