import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { JsonLinesWriter } from '../formats/json-lines-writer.ts'
import { readRows } from '../formats/rows.ts'
import { createProgress, type ProgressStream } from '../runs/progress.ts'
import { readGenerated, readGenerationSettings } from './generated-rows.ts'
import { nearest } from '../settings/nearest-name.ts'

/** Whatever writes one text for each of several; a batch is one call. */
export interface Summarizer<Options = unknown> {
  summarize(texts: string[], options: Options, signal: AbortSignal): Promise<string[]>
  /** Throws a YuksuError for a text that it could not read, so that no row is written in vain. */
  check?(text: string): void
}

export interface GenerateFileRequest<Options> {
  /** .jsonl, .json, .csv or .tsv, each also with .gz. */
  input: string
  /** A .jsonl file. One that an interrupted call left is continued after its last whole line. */
  output: string
  /** Column whose text the model reads. */
  column: string
  summarizer: Summarizer<Options>
  options: Options
  /**
   * What decides the predictions (model, options …). Kept beside the output as `<output>.settings.json`; an output
   * begun under other settings is not continued.
   */
  settings: Readonly<Record<string, unknown>>
  /** Texts a call of the summarizer. Without it 16. */
  batchSize?: number
  signal?: AbortSignal
  /** Where progress is shown; without it on stderr. */
  progress?: ProgressStream
}

export interface GenerateFileResult {
  /** Rows of the output. */
  rows: number
  /** How many of them were there already. */
  resumed: number
  /** Rows written by this call whose text is empty: so is their prediction, and the model was not asked. */
  empty: number
}

/** Rows are sorted by length within this many batches, so that a batch holds texts of like length. */
const batchesPerWindow = 4

/**
 * Adds `prediction` to every row of a file, in order. All rows are checked before the model is asked for the first.
 *
 * @throws YuksuError `invalid-row` for a row that cannot be read or whose column is no text, `missing-column`,
 *   `other-output` where the output does not belong to these rows or settings, and the errors of reading and writing.
 * @throws the signal's reason when it is aborted; the rows written until then stay.
 */
export async function generateFile<Options>(
  request: GenerateFileRequest<Options>,
): Promise<GenerateFileResult> {
  const {
    input,
    output,
    summarizer,
    options,
    batchSize = 16,
    signal = new AbortController().signal,
  } = request
  if (!output.endsWith('.jsonl'))
    throw new YuksuError(
      'unknown-format',
      `output ${output} must be named *.jsonl; predictions are written as JSON lines`,
    )
  if (resolve(input) === resolve(output))
    throw new YuksuError('other-output', `input and output are both ${input}; give the output another name`)
  const total = await checkRows(input, request.column, (text) => summarizer.check?.(text))
  const resumed = await countBelonging(request)
  const settingsPath = `${output}.settings.json`
  await writeFileAtomic(settingsPath, `${JSON.stringify(request.settings, undefined, 2)}\n`)
  const writer = JsonLinesWriter.open(output)
  const progress = createProgress({
    label: 'Generating',
    unit: 'rows',
    total,
    start: resumed,
    ...(request.progress ? { stream: request.progress } : {}),
  })
  let done = resumed
  let empty = 0
  try {
    if (writer.rows !== resumed)
      throw new YuksuError(
        'other-output',
        `${output} changed while it was read; let one program write it at a time`,
      )
    for await (const rows of windows(input, resumed, batchSize * batchesPerWindow)) {
      const texts = rows.map((row) => textOf(row, request.column))
      const order = [...texts.keys()].filter((index) => texts[index]!.trim() !== '')
      order.sort((left, right) => texts[left]!.length - texts[right]!.length)
      const predictions = texts.map(() => '')
      for (let start = 0; start < order.length; start += batchSize) {
        signal.throwIfAborted()
        const batch = order.slice(start, start + batchSize)
        const written = await summarizer.summarize(
          batch.map((index) => texts[index]!),
          options,
          signal,
        )
        if (written.length !== batch.length)
          throw new Error(`the summarizer gave ${written.length} texts for ${batch.length}`)
        for (const [place, index] of batch.entries()) predictions[index] = written[place]!
        progress.update(done + Math.min(start + batchSize, order.length))
      }
      for (const [index, row] of rows.entries()) writer.write({ ...row, prediction: predictions[index]! })
      done += rows.length
      empty += rows.length - order.length
      progress.update(done)
    }
    progress.finish()
  } catch (error) {
    progress.finish(`${done} of ${total} rows are in ${output}; the same command continues`)
    throw error
  } finally {
    writer.close()
  }
  return { rows: total, resumed, empty }
}

/** Refuses the whole file when one row is unfit, and gives the number of rows. */
async function checkRows(input: string, column: string, check: (text: string) => void): Promise<number> {
  let rows = 0
  for await (const row of readRows(input)) {
    rows += 1
    if ('error' in row) throw invalidRow(input, row.line, row.error)
    const name = column.normalize('NFC')
    if (!Object.hasOwn(row.values, name)) {
      const names = Object.keys(row.values)
      const near = nearest(name, names)
      const mend = near === undefined ? `it has: ${names.join(', ')}` : `did you mean ${near}?`
      throw new YuksuError('missing-column', `line ${row.line} of ${input} has no column ${column}; ${mend}`)
    }
    if (typeof row.values[name] !== 'string')
      throw invalidRow(
        input,
        row.line,
        `column ${column} is ${JSON.stringify(row.values[name])?.slice(0, 40)}, not text`,
      )
    try {
      check(row.values[name])
    } catch (error) {
      if (!(error instanceof YuksuError)) throw error
      throw new YuksuError(error.code, `line ${row.line} of ${input}: ${error.message}`)
    }
  }
  return rows
}

function invalidRow(input: string, line: number, reason: string): YuksuError {
  return new YuksuError('invalid-row', `line ${line} of ${input}: ${reason}; mend or remove that row`)
}

/** How many rows of the output are there already; refuses an output of other rows or settings. */
async function countBelonging(request: GenerateFileRequest<unknown>): Promise<number> {
  const { input, output, settings } = request
  if (!existsSync(output)) return 0
  const earlier = readGenerationSettings(`${output}.settings.json`)
  const key =
    earlier && Object.keys({ ...earlier, ...settings }).find((name) => !same(earlier[name], settings[name]))
  if (key !== undefined)
    throw otherOutput(
      output,
      `was written with ${key} ${JSON.stringify(earlier![key])}, not ${JSON.stringify(settings[key])}`,
    )
  const found = readGenerated(output)
  const source = readRows(input)
  let count = 0
  for await (const generated of found) {
    const next = await source.next()
    if (next.done) throw otherOutput(output, `has more rows than ${input}`)
    count += 1
    const row = 'values' in next.value ? next.value.values : {}
    if (!same(withoutPrediction(generated), withoutPrediction(row)))
      throw otherOutput(output, `row ${count} is not row ${count} of ${input}`)
  }
  await source.return(undefined)
  return count
}

function otherOutput(output: string, reason: string): YuksuError {
  return new YuksuError('other-output', `${output} ${reason}; remove it or give another --output`)
}

function withoutPrediction(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'prediction'))
}

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)

const textOf = (row: Record<string, unknown>, column: string) => row[column.normalize('NFC')] as string

/** The rows after the first `skip`, a few at a time. */
async function* windows(
  input: string,
  skip: number,
  size: number,
): AsyncGenerator<Array<Record<string, unknown>>> {
  let rows: Array<Record<string, unknown>> = []
  for await (const row of readRows(input)) {
    if (row.number <= skip) continue
    if ('error' in row) throw invalidRow(input, row.line, row.error)
    rows.push(row.values)
    if (rows.length === size) {
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}
