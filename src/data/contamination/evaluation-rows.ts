import { readFile } from 'node:fs/promises'
import { YuksuError } from '../../errors.ts'
import { readRows } from '../../formats/rows.ts'
import { nearest } from '../../settings/nearest-name.ts'

/** A file of evaluation rows, and which of its columns are looked for: by default whatever is text. */
export interface EvaluationFile {
  readonly file: string
  readonly columns?: readonly string[] | undefined
}

export interface EvaluationRow {
  /** 1-based; in a file without a header its first line is row 1. */
  readonly number: number
  /** Its texts, each by itself: no stretch reaches from one into the next. */
  readonly texts: readonly string[]
}

/** No name of a column: six words or more, or as long as that. */
const sentence = /\S(?:\s+\S+){5}|[^_]{40}/

/** An evaluation row that cannot be read is no small matter: it would go unchecked. */
function unreadable(file: string, line: number, why: string): YuksuError {
  return new YuksuError(
    'unreadable-evaluation-row',
    `${file}:${line} cannot be read (${why}), so that it would go unchecked; mend the file`,
  )
}

/**
 * The rows of an evaluation file: .jsonl, .json, .csv, .tsv as `readRows` reads them; of a .json object that holds lists of
 * rows, those. Where a column of a .csv or .tsv has a sentence for its name, the file has no header and its first line is a row.
 *
 * @throws YuksuError `missing-column`, `unreadable-evaluation-row`, and what `readRows` throws.
 */
export async function* evaluationRows({ file, columns }: EvaluationFile): AsyncGenerator<EvaluationRow> {
  const seen = new Set<string>()
  const names = columns?.map((name) => name.normalize('NFC'))
  let before = 0
  let first = true
  for await (const { number, values } of valuesOf(file)) {
    const keys = Object.keys(values)
    if (
      first &&
      names === undefined &&
      /\.[ct]sv(\.\w+)?$/i.test(file) &&
      keys.some((key) => sentence.test(key))
    ) {
      before = 1
      yield { number: 1, texts: keys }
    }
    first = false
    for (const key of keys) seen.add(key)
    const texts = (names ?? keys).flatMap((name) => textsIn(values[name]))
    yield { number: number + before, texts }
  }
  const missing = names?.find((name) => !seen.has(name))
  if (missing === undefined) return
  const near = nearest(missing, seen)
  const mend = near === undefined ? `it has ${[...seen].join(', ')}` : `did you mean ${near}?`
  throw new YuksuError('missing-column', `the evaluation file ${file} has no column ${missing}; ${mend}`)
}

async function* valuesOf(
  file: string,
): AsyncGenerator<{ number: number; values: Readonly<Record<string, unknown>> }> {
  try {
    for await (const row of readRows(file)) {
      if ('error' in row) throw unreadable(file, row.line, row.error)
      yield row
    }
  } catch (error) {
    if (!(error instanceof YuksuError) || error.code !== 'not-an-array') throw error
    const rows = listsIn(JSON.parse(await readFile(file, 'utf8')))
    if (rows.length === 0) throw error
    for (const [index, values] of rows.entries()) yield { number: index + 1, values }
  }
}

/** The objects of the lists that an object holds, as BIG-bench writes `{ "examples": [{ … }] }`. */
function listsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.values(value)
    .filter((list): list is unknown[] => Array.isArray(list))
    .flat()
    .filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null)
}

/** Every text in a value, however deep: turns of a conversation, choices of a question. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}
