import { YuksuError } from '../../errors.ts'
import { readBatch } from '../sources/read-batch.ts'
import type { RawBatch, Source, SourceFault } from '../sources/source.ts'
import type { RowValues } from '../step.ts'
import { findColumns, type GivenColumns, rowsLookedAt, type SourceColumns } from './find-columns.ts'
import type { RowTask } from './process-rows.ts'

/** How far sources have been read: whole ones, and batches of the next. */
export interface SourcePosition {
  readonly source: number
  readonly batches: number
}

/** What is found out while sources are read, by their number. */
export interface SourceFindings {
  readonly columns: (SourceColumns | undefined)[]
  readonly faults: (SourceFault[] | undefined)[]
  /** Of their text, where it has one and somebody wants to know. */
  readonly encodings?: (string | undefined)[]
}

/** Batches that are kept back until so many rows have been seen, or the source ends. */
const batchesLookedAt = 4
const noColumns: SourceColumns = { texts: [], document: [] }

/** The batches of all sources from a position on, each with the columns of its source and the position behind it. */
export async function* sourceTasks(
  sources: readonly Source[],
  given: GivenColumns,
  from: SourcePosition,
  findings: SourceFindings,
): AsyncGenerator<{ task: RowTask; position: SourcePosition }> {
  for (const [index, source] of sources.entries()) {
    if (index < from.source) continue
    const faults: SourceFault[] = (findings.faults[index] = [])
    const fault = (fault: SourceFault) => void faults.push(fault)
    // Batches are the same each time, so that those that are done are passed over by their number.
    const done = index === from.source ? from.batches : 0
    let number = 0
    try {
      for await (const { batch, columns } of batchesWithColumns(source, given, fault)) {
        findings.columns[index] = columns
        if (findings.encodings !== undefined) findings.encodings[index] = source.encoding
        number += 1
        if (number <= done) continue
        yield {
          task: { kind: 'batch', source: index, columns, batch },
          position: { source: index, batches: number },
        }
      }
    } catch (error) {
      if (!(error instanceof YuksuError)) throw error
      fault({ file: source.file, reason: error.code, detail: error.message })
    }
  }
}

async function* batchesWithColumns(
  source: Source,
  given: GivenColumns,
  fault: (fault: SourceFault) => void,
): AsyncGenerator<{ batch: RawBatch; columns: SourceColumns }> {
  let columns: SourceColumns | undefined
  const waiting: RawBatch[] = []
  const seen: RowValues[] = []
  const decide = () => (columns = seen.length === 0 ? noColumns : findColumns(seen, given, source.file))
  for await (const batch of source.batches(fault)) {
    if (columns !== undefined) {
      yield { batch, columns }
      continue
    }
    waiting.push(batch)
    for (const row of readBatch(batch))
      if ('values' in row && seen.length < rowsLookedAt) seen.push(row.values)
    if (seen.length < rowsLookedAt && (waiting.length < batchesLookedAt || seen.length === 0)) continue
    const found = decide()
    for (const batch of waiting.splice(0)) yield { batch, columns: found }
  }
  if (waiting.length === 0) return
  const found = decide()
  for (const batch of waiting) yield { batch, columns: found }
}
