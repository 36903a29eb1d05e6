import { YuksuError } from '../errors.ts'
import { nearest } from '../data/nearest-name.ts'
import { readLines, readRows, supportedRowFiles } from '../formats/rows.ts'

export interface ReadTextsOptions {
  /** Columns whose texts are read from files of rows; each text is one. */
  columns: readonly string[]
  /** Told of every row or line that is left out, and why. */
  onDropped?: (dropped: { file: string; line: number; reason: string }) => void
}

/**
 * The texts of plain text files (.txt, .md, each also with .gz; a line is a text, empty lines are none) and of files
 * of rows (a column is a text).
 *
 * @throws YuksuError `missing-column` where no row of a file has any of the columns, and the errors of reading.
 */
export async function* readTexts(
  files: readonly string[],
  options: ReadTextsOptions,
): AsyncGenerator<string> {
  for (const file of files) {
    if (/\.(txt|md)(\.gz)?$/i.test(file)) yield* linesOf(file, options)
    else if (/\.(jsonl?|csv|tsv)(\.gz)?$/i.test(file)) yield* columnsOf(file, options)
    else
      throw new YuksuError(
        'unknown-format',
        `cannot tell the format of ${file} by its name; expected .txt, .md, ${supportedRowFiles}`,
      )
  }
}

async function* linesOf(file: string, { onDropped }: ReadTextsOptions): AsyncGenerator<string> {
  for await (const line of readLines(file)) {
    if ('error' in line) onDropped?.({ file, line: line.line, reason: line.error })
    else if (line.text.trim() !== '') yield line.text
  }
}

async function* columnsOf(file: string, { columns, onDropped }: ReadTextsOptions): AsyncGenerator<string> {
  const names = columns.map((column) => column.normalize('NFC'))
  let found = 0
  let known: string[] = []
  for await (const row of readRows(file)) {
    if ('error' in row) {
      onDropped?.({ file, line: row.line, reason: row.error })
      continue
    }
    known = Object.keys(row.values)
    for (const name of names) {
      const value = row.values[name]
      if (typeof value === 'string') {
        found += 1
        if (value.trim() !== '') yield value
      } else
        onDropped?.({
          file,
          line: row.line,
          reason: `column ${name} is ${value === undefined ? 'missing' : 'no text'}`,
        })
    }
  }
  if (found > 0) return
  const near = names.map((name) => nearest(name, known)).find((name) => name !== undefined)
  const mend = near === undefined ? `it has: ${known.join(', ')}` : `did you mean ${near}?`
  throw new YuksuError('missing-column', `${file} has no text in column ${columns.join(' or ')}; ${mend}`)
}
