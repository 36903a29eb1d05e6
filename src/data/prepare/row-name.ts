import type { RowPlace } from '../step.ts'

/** A row as the files beside the prepared ones name it. */
export interface NamedRow {
  readonly file: string
  readonly number: number
  readonly line: number
  /** What the recipe's or the file's own id column says. */
  readonly id?: string | number
  readonly made?: { readonly by: string; readonly index: number }
}

/** `id` is the column that names rows, undefined where there is none. */
export function nameRow(place: RowPlace, values: () => unknown, id: string | undefined): NamedRow {
  const { file, number, line, made } = place
  const value = id === undefined ? undefined : (values() as Record<string, unknown>)[id]
  const isName = typeof value === 'string' || typeof value === 'number'
  return { file, number, line, ...(isName && { id: value }), ...(made && { made }) }
}

/** The file and line, or the row where a file has no lines: `a.jsonl:12`, `b.parquet row 3`. */
export function placeText({ file, number, line, made }: RowPlace): string {
  const place = line > 0 ? `${file}:${line}` : `${file} row ${number}`
  return made === undefined ? place : `${place} (${made.by} ${made.index})`
}
