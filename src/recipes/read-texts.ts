import { YuksuError } from '../errors.ts'
import { nearest } from '../settings/nearest-name.ts'
import { passagesOf } from '../data/sources/passages.ts'
import { withoutCompression } from '../formats/decompress.ts'
import { readLines, readRows, supportedRowFiles } from '../formats/rows.ts'

/** A file of texts, where its path alone does not say all. */
export interface TextFile {
  readonly path: string
  /** Columns of a file of rows, each a text; without it those of the options. */
  readonly columns?: readonly string[] | undefined
  /** What is a text of a plain text file: a line, or the paragraphs between empty lines, whose lines are joined. */
  readonly passages?: 'lines' | 'paragraphs' | undefined
}

export interface ReadTextsOptions {
  /** Columns whose texts are read from files of rows; each text is one. */
  columns: readonly string[]
  /** Told of every row or line that is left out, and why. */
  onDropped?: (dropped: { file: string; line: number; reason: string }) => void
}

/**
 * The texts of plain text files (.txt, .md, each also compressed; a line is a text unless the file says otherwise, empty lines
 * are none) and of files of rows (a column is a text).
 *
 * @throws YuksuError `missing-column` where no row of a file has any of the columns, and the errors of reading.
 */
export async function* readTexts(
  files: readonly (string | TextFile)[],
  options: ReadTextsOptions,
): AsyncGenerator<string> {
  for (const given of files) {
    const {
      path,
      columns = options.columns,
      passages,
    }: TextFile = typeof given === 'string' ? { path: given } : given
    const name = withoutCompression(path)
    if (/\.(txt|md)$/i.test(name)) {
      const lines = linesOf(path, options)
      if (passages === 'paragraphs') yield* passagesOf(lines)
      else for await (const line of lines) if (line !== '') yield line
    } else if (/\.(jsonl?|csv|tsv)$/i.test(name)) yield* columnsOf(path, { ...options, columns })
    else
      throw new YuksuError(
        'unknown-format',
        `cannot tell the format of ${path} by its name; expected .txt, .md, ${supportedRowFiles}`,
      )
  }
}

/** Every line that can be read, an empty one as ''. */
async function* linesOf(file: string, { onDropped }: ReadTextsOptions): AsyncGenerator<string> {
  for await (const line of readLines(file)) {
    if ('error' in line) onDropped?.({ file, line: line.line, reason: line.error })
    else yield line.text.trim() === '' ? '' : line.text
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
