import { YuksuError } from '../errors.ts'
import type { SeparatedFormat } from './csv.ts'
import { decodeUtf8, invalidByteMessage } from './decode-utf8.ts'
import { compressions, withoutCompression } from './decompress.ts'
import { RecordCollector } from './record-splitter.ts'
import type { RawRecord, RowFault } from './record-splitter.ts'
import { invalidHeader, isBlank, parseHeader, parseRow, rowFormats, rowLayout } from './row-format.ts'
import type { RowFormat, RowSettings } from './row-format.ts'
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

/** The names that `readRows` accepts, for messages and help. */
export const supportedRowFiles = `${rowFormats.join(', ')}, each also with ${compressions.join(', ')}`

/**
 * Streams the rows of a .jsonl, .json (one array), .csv or .tsv file, each also compressed (.gz, .zst, .bz2). A row that cannot
 * be read (ragged, not UTF-8, not JSON, not an object) comes as an error in its place and the others are
 * unharmed. Column names are in normal form C, so that a name typed by a person finds its column; values
 * stay as they are. Throws `YuksuError`: `unknown-format`, `missing-file`, `cannot-read`, `empty-file`,
 * `not-utf-8`, `invalid-header`, `not-an-array`, and what decompression throws.
 */
export async function* readRows(path: string, options: ReadRowsOptions = {}): AsyncGenerator<Row> {
  const { splitter, separated } = rowLayout(path, formatOf(path), options.quotes)
  const collector = new RecordCollector()
  const read = recordReader(path, separated)
  let number = 0
  const rows = (): Row[] =>
    collector.take().flatMap((record) => {
      const row = read(record)
      return row ? [{ number: ++number, line: record.line, ...row }] : []
    })
  for await (const piece of readBytes(path)) {
    splitter.push(piece, collector)
    yield* rows()
  }
  splitter.finish(collector)
  yield* rows()
  if (number === 0) throw new YuksuError('empty-file', `${path} holds no rows; give a file with at least one`)
}

/** Makes rows of records; undefined for what is no row: a header, a blank line. */
function recordReader(path: string, separated: SeparatedFormat | undefined) {
  let settings: RowSettings | undefined = separated ? undefined : { kind: 'json' }
  return ({
    bytes,
    fault,
  }: RawRecord): { values: Record<string, unknown> } | { error: string } | undefined => {
    if (fault === undefined && isBlank(bytes)) return undefined
    if (settings === undefined) {
      settings = { kind: 'separated', separated: separated!, columns: header(path, bytes, fault, separated!) }
      return undefined
    }
    if (fault !== undefined) return { error: fault.detail }
    const decoded = decodeUtf8(bytes)
    if ('invalidAt' in decoded) return { error: invalidByteMessage(decoded.invalidAt) }
    const row = parseRow(decoded.text, settings)
    return 'values' in row ? row : { error: row.detail }
  }
}

function header(
  path: string,
  bytes: Uint8Array,
  fault: RowFault | undefined,
  separated: SeparatedFormat,
): string[] {
  if (fault !== undefined) throw invalidHeader(path, fault.detail)
  const decoded = decodeUtf8(bytes)
  if ('text' in decoded) return parseHeader(path, decoded.text, separated)
  throw new YuksuError(
    'not-utf-8',
    `the header of ${path} is not UTF-8 (byte ${decoded.invalidAt + 1}); save the file as UTF-8 (Korean spreadsheets often write CP949)`,
  )
}

function formatOf(path: string): RowFormat {
  const name = withoutCompression(path).toLowerCase()
  const found = rowFormats.find((format) => name.endsWith(format))
  if (found) return found
  throw new YuksuError(
    'unknown-format',
    `cannot tell the format of ${path} by its name; expected ${supportedRowFiles}`,
  )
}
