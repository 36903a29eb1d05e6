// A corpus step sees all rows before it says anything of one, so its phase is done as a whole: the plan is made, applied in
// one pass over the rows, and what is then on the disk is never made again.
import { closeSync, openSync, readSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { writeFileAtomic } from '../../formats/atomic-file.ts'
import type { CorpusContext, CorpusPlan, CorpusStepDefinition } from '../step.ts'
import { AppendFiles } from './append-files.ts'
import type { SourceColumns } from './find-columns.ts'
import { readJson, writeJson } from './json-file.ts'
import { linesOf, stepFailed } from './process-rows.ts'
import { RowCollector, type SourceFile } from './row-collector.ts'
import { CarriedDataRow, formatRowLine, parseRowLine, placeOf } from './row-line.ts'
import { linePieces, StoredRows } from './stored-rows.ts'
import { addTally, type BatchTally, emptyTally } from './tally.ts'

export interface CorpusPhaseOptions {
  readonly folder: string
  readonly definition: CorpusStepDefinition
  /** What the step is called in records. */
  readonly label: string
  readonly stepOptions: unknown
  readonly seed: number
  readonly threads: number
  /** The rows of the phase before, and how many they are. */
  readonly path: string
  readonly count: number
  readonly files: readonly SourceFile[]
  readonly columns: readonly (SourceColumns | undefined)[]
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((pass: string, rows: number) => void) | undefined
  readonly openChatModel?: CorpusContext['openChatModel']
  readonly openEmbedder?: CorpusContext['openEmbedder']
}

/** What a corpus step came to. */
export interface CorpusResult {
  readonly tally: BatchTally
  readonly figures: Readonly<Record<string, number | string>>
  /** Names of the files that it leaves, which lie in the folder `files` of the phase. */
  readonly files: readonly string[]
}

const resultName = 'result.json'

/** Makes and applies the plan of a corpus step, unless that was done before. */
export async function runCorpusPhase(options: CorpusPhaseOptions): Promise<CorpusResult> {
  const { folder, definition, signal } = options
  const path = join(folder, resultName)
  const earlier = await readJson<CorpusResult>(path)
  if (earlier !== undefined) return earlier
  await rm(folder, { recursive: true, force: true })
  const scratch = join(folder, 'scratch')
  await mkdir(scratch, { recursive: true })
  try {
    const plan = await definition.plan(
      new StoredRows(options.path, options.count, options.files, options.columns, signal),
      options.stepOptions,
      {
        seed: options.seed,
        folder: scratch,
        threads: options.threads,
        signal,
        progress: options.onProgress ?? (() => undefined),
        openChatModel: options.openChatModel,
        openEmbedder: options.openEmbedder,
      },
    )
    const tally = await applyPlan(plan, options)
    const files = await keepFiles(plan, join(folder, 'files'))
    const result: CorpusResult = { tally, figures: plan.figures ?? {}, files }
    await rm(scratch, { recursive: true, force: true })
    await writeJson(path, result)
    return result
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw stepFailed(options.label, error)
  }
}

async function applyPlan(plan: CorpusPlan, options: CorpusPhaseOptions): Promise<BatchTally> {
  const { folder, label, path, count, signal } = options
  const rows = await AppendFiles.open(join(folder, 'rows'))
  const records = await AppendFiles.open(join(folder, 'records'))
  const tally = emptyTally(1)
  // Where the lines of each row begin, the rows made out of it included, where they are to be put in another order.
  const starts = plan.order === undefined ? undefined : new Float64Array(count + 1)
  const name = plan.order === undefined ? 'rows.jsonl' : 'unordered.jsonl'
  try {
    await rows.write(name, new Uint8Array())
    let index = 0
    let offset = 0
    for await (const { bytes } of linePieces(path)) {
      signal?.throwIfAborted()
      const lines = linesOf(bytes)
      const collector = collectorOf(options)
      for (const line of lines) {
        if (starts !== undefined) starts[index] = offset
        const written = applyToLine(plan, index++, line, collector, options)
        if (starts !== undefined) for (const text of written) offset += Buffer.byteLength(text)
      }
      await write(collector, name, rows, records, tally)
      options.onProgress?.('apply', index)
    }
    if (starts !== undefined) {
      starts[count] = offset
      await rows.sync()
      await putInOrder(plan.order!, starts, rows, label, tally)
      await rm(rows.path(name), { force: true })
    }
    await rows.sync()
    await records.sync()
  } finally {
    await rows.close()
    await records.close()
  }
  return tally
}

function collectorOf({ files, label }: CorpusPhaseOptions): RowCollector {
  return new RowCollector(files, [label], false)
}

function applyToLine(
  plan: CorpusPlan,
  index: number,
  line: string,
  collector: RowCollector,
  { files, columns }: CorpusPhaseOptions,
): string[] {
  const { carried, valuesText } = parseRowLine(line)
  const row = new CarriedDataRow(placeOf(carried, files[carried.source]!.file), valuesText)
  const state = { row, carried, valuesText }
  const outcome = plan.outcome(index, row)
  const applied = collector.apply(0, state, columns[carried.source]!, outcome)
  const kept = applied.state === undefined ? applied.made : [applied.state, ...applied.made]
  return kept.map((state) => collector.emit(state))
}

async function write(
  collector: RowCollector,
  name: string,
  rows: AppendFiles,
  records: AppendFiles,
  tally: BatchTally,
): Promise<void> {
  const result = collector.result()
  addTally(tally, result.tally)
  if (result.dropped.length > 0) await records.write('dropped.jsonl', result.dropped)
  if (result.changed.length > 0) await records.write('changed.jsonl', result.changed)
  for (const { lines } of result.outputs) await rows.write(name, lines)
}

/** Bytes gathered before they are written. */
const gathered = 1 << 20

/** Writes rows in the order of a plan. One that comes again is made by the step, so that its place is its own. */
async function putInOrder(
  order: Uint32Array,
  starts: Float64Array,
  rows: AppendFiles,
  step: string,
  tally: BatchTally,
): Promise<void> {
  const count = starts.length - 1
  const times = new Uint32Array(count)
  const source = rows.path('unordered.jsonl')
  const file = openSync(source, 'r')
  let waiting: Uint8Array[] = []
  let size = 0
  const flush = async () => {
    await rows.write('rows.jsonl', Buffer.concat(waiting))
    waiting = []
    size = 0
  }
  try {
    for (const index of order) {
      if (index >= count)
        throw new YuksuError(
          'step-failed',
          `the step ${step} puts row ${index} of ${count} in order; report this`,
        )
      const length = starts[index + 1]! - starts[index]!
      // It was dropped.
      if (length === 0) continue
      let bytes: Uint8Array = new Uint8Array(length)
      readSync(file, bytes, 0, length, starts[index]!)
      times[index]! += 1
      if (times[index]! > 1) {
        bytes = repeated(bytes, step, times[index]! - 1)
        tally.steps[0]!.made += 1
        tally.rowsOut += 1
      }
      waiting.push(bytes)
      size += bytes.length
      if (size >= gathered) await flush()
    }
    await flush()
  } finally {
    closeSync(file)
  }
  const lost = times.findIndex((seen, index) => seen === 0 && starts[index + 1]! > starts[index]!)
  if (lost >= 0)
    throw new YuksuError(
      'step-failed',
      `the step ${step} neither drops row ${lost} nor puts it in order; report this`,
    )
}

/** The line of a row that comes once more. */
function repeated(bytes: Uint8Array, step: string, index: number): Uint8Array {
  const { carried, valuesText } = parseRowLine(linesOf(bytes)[0]!)
  const by = carried.made === undefined ? step : `${carried.made.by} ${carried.made.index}, ${step}`
  return Buffer.from(formatRowLine({ ...carried, made: { by, index } }, valuesText))
}

async function keepFiles(plan: CorpusPlan, folder: string): Promise<string[]> {
  const files = Object.entries(plan.files ?? {})
  if (files.length > 0) await mkdir(folder, { recursive: true })
  for (const [name, content] of files) {
    if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name))
      throw new YuksuError('step-failed', `a step leaves a file ${JSON.stringify(name)}; report this`)
    await writeFileAtomic(join(folder, name), content)
  }
  return files.map(([name]) => name)
}
