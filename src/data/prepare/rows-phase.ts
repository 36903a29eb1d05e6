import { join } from 'node:path'
import type { Source } from '../sources/source.ts'
import { AppendFiles, type FileLengths } from './append-files.ts'
import type { GivenColumns } from './find-columns.ts'
import { inOrder } from './in-order.ts'
import { readJson, writeJson } from './json-file.ts'
import type { RowSettings, RowTask } from './process-rows.ts'
import type { RowsResult } from './row-collector.ts'
import { openRowWorkers, type RowWorkersOptions } from './row-workers.ts'
import { type SourceFindings, type SourcePosition, sourceTasks } from './source-tasks.ts'
import { linePieces } from './stored-rows.ts'
import { addTally, type BatchTally, emptyTally } from './tally.ts'

/** What a phase of row steps reads. */
export type RowsInput =
  | { readonly kind: 'sources'; readonly sources: readonly Source[]; readonly columns: GivenColumns }
  | { readonly kind: 'stored'; readonly path: string }

export interface RowsPhaseOptions {
  readonly folder: string
  readonly input: RowsInput
  readonly settings: RowSettings
  readonly workers: RowWorkersOptions
  /** Found out by the phase that reads sources. */
  readonly findings: SourceFindings
  readonly signal?: AbortSignal | undefined
  readonly onRows?: ((rows: number) => void) | undefined
  /** Milliseconds after which what is done is made durable. */
  readonly checkpointAfter?: number | undefined
}

interface Checkpoint {
  readonly done: boolean
  readonly position: SourcePosition | { readonly offset: number }
  readonly rows: FileLengths
  readonly records: FileLengths
  readonly tally: BatchTally
  readonly findings: SourceFindings
}

const checkpointName = 'checkpoint.json'
/** What a kill can cost, in milliseconds of work. */
const defaultCheckpointAfter = 3000

/** Where a phase that is not the last leaves its rows. */
export function storedRowsPath(folder: string): string {
  return join(folder, 'rows', 'rows.jsonl')
}

/**
 * Takes rows through consecutive row steps: in threads, in order, a bounded number of batches at once. What is done is kept:
 * begun again with the same input it goes on where it was.
 */
export async function runRowsPhase(options: RowsPhaseOptions): Promise<BatchTally> {
  const { folder, input, settings, findings, signal } = options
  const path = join(folder, checkpointName)
  const earlier = await readJson<Checkpoint>(path)
  if (earlier !== undefined) restoreFindings(findings, earlier.findings)
  if (earlier?.done === true) return earlier.tally

  const tally = earlier?.tally ?? emptyTally(settings.steps.length)
  const rows = await AppendFiles.open(join(folder, 'rows'), earlier?.rows)
  const records = await AppendFiles.open(join(folder, 'records'), earlier?.records)
  let position = earlier?.position ?? (input.kind === 'sources' ? { source: 0, batches: 0 } : { offset: 0 })
  const checkpoint = async (done: boolean) => {
    await rows.sync()
    await records.sync()
    const settled = done ? findings : settledFindings(findings, position)
    const state = { done, position, rows: rows.lengths, records: records.lengths, tally, findings: settled }
    await writeJson(path, state satisfies Checkpoint)
  }

  const workers = await openRowWorkers(settings, options.workers)
  try {
    let last = performance.now()
    let seen = rowsOf(tally)
    for await (const { item, result } of inOrder(
      tasksOf(input, position, findings),
      workers.limit,
      ({ task }) => workers.process(task),
    )) {
      await writeResult(result, rows, records, settings.isLast)
      addTally(tally, result.tally)
      position = item.position
      seen += rowsOf(result.tally)
      options.onRows?.(seen)
      const now = performance.now()
      if (signal?.aborted === true || now - last >= (options.checkpointAfter ?? defaultCheckpointAfter)) {
        await checkpoint(false)
        last = now
      }
      signal?.throwIfAborted()
    }
    // A phase without rows has a file for the next one all the same.
    if (!settings.isLast) await rows.write('rows.jsonl', new Uint8Array())
    await checkpoint(true)
  } finally {
    await workers.close()
    await rows.close()
    await records.close()
  }
  return tally
}

function tasksOf(
  input: RowsInput,
  position: Checkpoint['position'],
  findings: SourceFindings,
): AsyncGenerator<{ task: RowTask; position: Checkpoint['position'] }> {
  if (input.kind === 'sources')
    return sourceTasks(input.sources, input.columns, position as SourcePosition, findings)
  return storedTasks(input.path, (position as { offset: number }).offset)
}

async function* storedTasks(
  path: string,
  from: number,
): AsyncGenerator<{ task: RowTask; position: { offset: number } }> {
  for await (const { bytes, end } of linePieces(path, from))
    yield { task: { kind: 'lines', bytes }, position: { offset: end } }
}

async function writeResult(
  result: RowsResult,
  rows: AppendFiles,
  records: AppendFiles,
  isLast: boolean,
): Promise<void> {
  for (const { name, lines, origins } of result.outputs) {
    await rows.write(isLast ? `${name}.jsonl` : 'rows.jsonl', lines)
    if (isLast) await rows.write(`${name}.origins.jsonl`, origins)
  }
  if (result.dropped.length > 0) await records.write('dropped.jsonl', result.dropped)
  if (result.changed.length > 0) await records.write('changed.jsonl', result.changed)
}

/** Rows that came in: those read from sources, or those that came to the first step or, without steps, went on. */
function rowsOf({ sources, steps, rowsOut }: BatchTally): number {
  const read = Object.values(sources).reduce((total, { rows }) => total + rows, 0)
  return read > 0 ? read : (steps[0]?.rowsIn ?? rowsOut)
}

/** Of sources that are still being read, what is found will be found again. */
function settledFindings(findings: SourceFindings, position: Checkpoint['position']): SourceFindings {
  const { columns, faults, encodings = [] } = findings
  const done = 'source' in position ? position.source : columns.length
  return {
    columns: columns.slice(0, done),
    faults: faults.slice(0, done),
    encodings: encodings.slice(0, done),
  }
}

function restoreFindings(findings: SourceFindings, earlier: SourceFindings): void {
  // JSON has null for what is undefined.
  const restore = <Value>(to: (Value | undefined)[], from: readonly (Value | undefined)[]) => {
    for (const [index, value] of from.entries()) to[index] = value ?? undefined
  }
  restore(findings.columns, earlier.columns)
  restore(findings.faults, earlier.faults)
  restore(findings.encodings ?? [], earlier.encodings ?? [])
}
