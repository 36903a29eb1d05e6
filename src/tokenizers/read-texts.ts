import { YuksuError } from '../errors.ts'
import { readLines, readRows } from '../formats/rows.ts'

/** A line or row that could not be used: where it stands and why. */
export interface UnreadText {
  readonly path: string
  readonly line: number
  readonly reason: string
}

/**
 * The texts of a file: each line of a plain text, each text value of a row of JSONL, JSON, CSV or TSV, of the columns named
 * or of all. Lines and rows that cannot be read are left out and listed in `unread`.
 *
 * @throws YuksuError as the readers do; `missing-column` where a row file has no such column.
 */
export function readTexts(
  path: string,
  columns: readonly string[] | undefined,
  unread: UnreadText[],
): AsyncGenerator<string> {
  return isRowFile(path) ? rowTexts(path, columns, unread) : lineTexts(path, unread)
}

function isRowFile(path: string): boolean {
  return /\.(jsonl|json|csv|tsv)(\.gz)?$/i.test(path)
}

async function* lineTexts(path: string, unread: UnreadText[]): AsyncGenerator<string> {
  for await (const entry of readLines(path)) {
    if ('text' in entry) yield entry.text
    else unread.push({ path, line: entry.line, reason: entry.error })
  }
}

async function* rowTexts(
  path: string,
  columns: readonly string[] | undefined,
  unread: UnreadText[],
): AsyncGenerator<string> {
  const missing = new Set(columns)
  for await (const row of readRows(path)) {
    if ('error' in row) {
      unread.push({ path, line: row.line, reason: row.error })
      continue
    }
    for (const column of columns ?? Object.keys(row.values)) {
      const value = row.values[column]
      if (value !== undefined) missing.delete(column)
      if (typeof value === 'string') yield value
      else if (columns !== undefined)
        unread.push({ path, line: row.line, reason: `"${column}" holds no text` })
    }
  }
  if (missing.size > 0) {
    throw new YuksuError(
      'missing-column',
      `${path} has no column "${[...missing].join('", "')}"; check the names.`,
    )
  }
}
