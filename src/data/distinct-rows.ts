import { basename } from 'node:path'
import { YuksuError } from '../errors.ts'
import { readRows } from '../formats/rows.ts'
import type { DropReport } from '../runs/dropped-rows.ts'
import { nearest } from '../settings/nearest-name.ts'

export interface DistinctRowsOptions<Read> {
  readonly files: readonly string[]
  /** Columns that every file must have, in normal form C; without `id` rows are named by file and number. */
  readonly columns: readonly string[]
  readonly id: string | undefined
  /** Where dropped rows are reported. */
  readonly drops: DropReport
  /** What is made of a row, or why it is dropped. */
  readonly read: (
    values: Readonly<Record<string, unknown>>,
  ) => Read | { readonly reason: string; readonly detail?: string }
  /** What two rows of the same content have in common. */
  readonly key: (read: Read) => string
}

/**
 * The rows of files, in order, each content once. A row is dropped, with its reason, when it is `malformed`, `invalid-utf8`, a `duplicate` of an
 * earlier one, or as `read` says. Throws `YuksuError`: `missing-column` with the columns there are, `no-rows` when nothing is left, and what
 * `readRows` throws.
 */
export async function readDistinctRows<Read extends object>({
  files,
  columns,
  id,
  drops,
  read,
  key,
}: DistinctRowsOptions<Read>): Promise<(Read & { id: string })[]> {
  const before = drops.total
  const seen = new Set<string>()
  const rows: (Read & { id: string })[] = []
  for (const file of files) {
    const names = new Set<string>()
    for await (const row of readRows(file)) {
      const place = { file, number: row.number, line: row.line }
      if ('error' in row) {
        const reason = row.error.includes('UTF-8') ? 'invalid-utf8' : 'malformed'
        drops.drop({ ...place, reason, detail: row.error })
        continue
      }
      for (const name of Object.keys(row.values)) names.add(name)
      const made = read(row.values)
      if ('reason' in made) {
        drops.drop({ ...place, ...made })
        continue
      }
      const content = key(made)
      if (seen.has(content)) {
        drops.drop({ ...place, reason: 'duplicate' })
        continue
      }
      seen.add(content)
      const given = id === undefined ? undefined : row.values[id]
      const named = (typeof given === 'string' && given !== '') || typeof given === 'number'
      rows.push({ ...made, id: named ? String(given) : `${basename(file)}:${row.number}` })
    }
    requireColumns(file, [...columns, ...(id === undefined ? [] : [id])], names)
  }
  if (rows.length === 0) {
    const counts = Object.entries(drops.counts).map(([reason, count]) => `${reason} ${count}`)
    throw new YuksuError(
      'no-rows',
      `no row of ${files.join(', ')} can be used: all ${drops.total - before} were dropped ` +
        `(${counts.join(', ')}); check the column names and the file`,
    )
  }
  return rows
}

/** A column that no row of the file has is a wrong name, not a reason to drop every row. */
function requireColumns(file: string, columns: readonly string[], names: ReadonlySet<string>): void {
  const missing = columns.find((name) => names.size > 0 && !names.has(name))
  if (missing === undefined) return
  const near = nearest(missing, names)
  throw new YuksuError(
    'missing-column',
    `${file} has no column "${missing}"; its columns are ${[...names].join(', ')}` +
      (near === undefined ? '; name one of them' : `; did you mean "${near}"?`),
  )
}
