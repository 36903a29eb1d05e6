// Counts of what became of rows. Each batch has its own, and they are added in the order of the batches, so that the
// first places of each reason are the same however many threads counted.
import type { Evidence } from '../step.ts'
import type { NamedRow } from './row-name.ts'

/** A row that stands for others of its kind in the report. */
export interface Example {
  readonly row: NamedRow
  readonly evidence?: Evidence
}

/** Rows of one kind: how many, and the first of them. */
export interface KindTally {
  rows: number
  /** Places within the rows; as many as rows where places are not counted. */
  places: number
  examples: Example[]
}

export interface StepTally {
  rowsIn: number
  changed: number
  dropped: number
  made: number
  /** Dropped rows by reason. */
  reasons: Record<string, KindTally>
  /** Changed rows by kind of change. */
  changes: Record<string, KindTally>
  /** Rows given to an output, by its name. */
  outputs: Record<string, number>
}

export interface BatchTally {
  /** Rows that could not be read, by reason. */
  unreadable: Record<string, KindTally>
  /** Rows of each source by its number, those that could not be read included. */
  sources: Record<number, SourceTally>
  steps: StepTally[]
  rowsOut: number
  /** Rows written to each output, where the phase is the last. */
  outputs: Record<string, number>
}

export interface SourceTally {
  rows: number
  unreadable: number
  /** Rows that were read in another encoding than that of their file, by encoding. */
  otherEncodings: Record<string, number>
}

const examplesKept = 5

export function emptyTally(steps: number): BatchTally {
  return {
    unreadable: {},
    sources: {},
    steps: Array.from({ length: steps }, emptyStep),
    rowsOut: 0,
    outputs: {},
  }
}

function emptyStep(): StepTally {
  return { rowsIn: 0, changed: 0, dropped: 0, made: 0, reasons: {}, changes: {}, outputs: {} }
}

export function countKind(
  kinds: Record<string, KindTally>,
  kind: string,
  places: number,
  example: () => Example,
): void {
  const tally = (kinds[kind] ??= { rows: 0, places: 0, examples: [] })
  tally.rows += 1
  tally.places += places
  if (tally.examples.length < examplesKept) tally.examples.push(example())
}

/** Adds `more`, which comes after `tally`. */
export function addTally(tally: BatchTally, more: BatchTally): void {
  addKinds(tally.unreadable, more.unreadable)
  tally.rowsOut += more.rowsOut
  addCounts(tally.outputs, more.outputs)
  for (const [source, { rows, unreadable, otherEncodings }] of Object.entries(more.sources)) {
    const own = sourceTally(tally, Number(source))
    own.rows += rows
    own.unreadable += unreadable
    addCounts(own.otherEncodings, otherEncodings)
  }
  for (const [index, step] of more.steps.entries()) {
    const own = tally.steps[index]!
    own.rowsIn += step.rowsIn
    own.changed += step.changed
    own.dropped += step.dropped
    own.made += step.made
    addKinds(own.reasons, step.reasons)
    addKinds(own.changes, step.changes)
    addCounts(own.outputs, step.outputs)
  }
}

/** The counts of a source, begun if need be. */
export function sourceTally(tally: BatchTally, source: number): SourceTally {
  return (tally.sources[source] ??= { rows: 0, unreadable: 0, otherEncodings: {} })
}

function addCounts(counts: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + count
}

function addKinds(kinds: Record<string, KindTally>, more: Readonly<Record<string, KindTally>>): void {
  for (const [kind, { rows, places, examples }] of Object.entries(more)) {
    const own = (kinds[kind] ??= { rows: 0, places: 0, examples: [] })
    own.rows += rows
    own.places += places
    own.examples.push(...examples.slice(0, examplesKept - own.examples.length))
  }
}
