// What becomes of rows is written down here, for row steps and corpus steps alike.
import { YuksuError } from '../../errors.ts'
import type { UnreadableRow } from '../sources/source.ts'
import type { DataRow, RowOutcome, RowValues } from '../step.ts'
import type { SourceColumns } from './find-columns.ts'
import { isReserved } from './output-names.ts'
import { nameRow } from './row-name.ts'
import { type CarriedRow, formatRowLine, placeOf, type RowOrigin } from './row-line.ts'
import { type BatchTally, countKind, emptyTally, sourceTally } from './tally.ts'

/** What is known of a source by its number. */
export interface SourceFile {
  readonly file: string
  /** The name of its output, without `.jsonl`. */
  readonly output: string
}

/** Lines for the files that a phase writes. */
export interface RowsResult {
  /** By output where the phase is the last; all under '' where another follows. */
  readonly outputs: readonly OutputLines[]
  readonly dropped: Uint8Array
  readonly changed: Uint8Array
  readonly tally: BatchTally
}

export interface OutputLines {
  readonly name: string
  readonly lines: Uint8Array
  /** A line for each row, saying where it came from; empty where another phase follows. */
  readonly origins: Uint8Array
}

/** A row between two steps. */
export interface RowState {
  readonly row: DataRow
  readonly carried: CarriedRow
  /** Its values as JSON, where nothing changed them since they were read as that. */
  readonly valuesText?: string
}

const encoder = new TextEncoder()
/** Names of outputs are names of files. */
const outputName = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u

export class RowCollector {
  readonly #files: readonly SourceFile[]
  readonly #stepNames: readonly string[]
  readonly #isLast: boolean
  readonly tally: BatchTally
  readonly #fileTexts: string[] = []
  #dropped = ''
  #changed = ''
  readonly #outputs = new Map<string, { lines: string; origins: string }>()

  constructor(files: readonly SourceFile[], stepNames: readonly string[], isLast: boolean) {
    this.#files = files
    this.#stepNames = stepNames
    this.#isLast = isLast
    this.tally = emptyTally(stepNames.length)
  }

  /** Notes a row that could not be read. */
  unreadable(source: number, row: UnreadableRow): void {
    const count = sourceTally(this.tally, source)
    count.rows += 1
    count.unreadable += 1
    const name = nameRow(row.place, () => ({}), undefined)
    const evidence = { detail: withoutQuotes(row.detail) }
    countKind(this.tally.unreadable, row.reason, 1, () => ({ row: name, evidence }))
    this.#dropped += jsonLine({ row: name, step: 'read', reason: row.reason, evidence })
  }

  /** Counts a row that was read from a source. */
  read(source: number, { otherEncoding }: DataRow): void {
    const count = sourceTally(this.tally, source)
    count.rows += 1
    if (otherEncoding === undefined) return
    count.otherEncodings[otherEncoding] = (count.otherEncodings[otherEncoding] ?? 0) + 1
  }

  /**
   * Notes what a step says of a row.
   *
   * @returns the row as it goes on, undefined where it is dropped, and the rows made out of it.
   */
  apply(
    step: number,
    state: RowState,
    columns: SourceColumns,
    outcome: RowOutcome,
  ): { readonly state: RowState | undefined; readonly made: readonly RowState[] } {
    const tally = this.tally.steps[step]!
    tally.rowsIn += 1
    if (outcome === undefined) return { state, made: [] }
    const { row, carried } = state
    const stepName = this.#stepNames[step]!
    const named = () => nameRow(row.place, () => row.values, columns.id)
    if ('drop' in outcome) {
      const { drop: reason, evidence } = outcome
      const name = named()
      const entry = { row: name, ...(evidence && { evidence }) }
      tally.dropped += 1
      countKind(tally.reasons, reason, 1, () => entry)
      this.#dropped += jsonLine({ row: name, step: stepName, reason, ...(evidence && { evidence }) })
      return { state: undefined, made: [] }
    }
    if ('values' in outcome) {
      const name = named()
      tally.changed += 1
      for (const [kind, places] of Object.entries(outcome.changes))
        countKind(tally.changes, kind, places, () => ({ row: name }))
      this.#changed += jsonLine({ row: name, step: stepName, changes: outcome.changes })
      return { state: { row: { place: row.place, values: outcome.values }, carried }, made: [] }
    }
    if ('made' in outcome) {
      tally.made += outcome.made.length
      const by = madeBy(carried, stepName)
      const made = outcome.made.map((values, index) => {
        const recipe = { ...outcome.recipe, ...outcome.recipes?.[index] }
        return this.#makeRow(state, values, { by, index: index + 1, recipe })
      })
      return { state, made }
    }
    const { output } = outcome
    if (!outputName.test(output) || isReserved(output))
      throw new YuksuError(
        'invalid-output',
        `the step ${stepName} gives rows to the output ${JSON.stringify(output)}; a name has letters, digits, points, hyphens and low lines, and is not that of a report`,
      )
    tally.outputs[output] = (tally.outputs[output] ?? 0) + 1
    return { state: { ...state, carried: { ...carried, output } }, made: [] }
  }

  #makeRow({ carried }: RowState, values: RowValues, made: RowOrigin): RowState {
    const next = { ...carried, made }
    return { row: { place: placeOf(next, this.#files[carried.source]!.file), values }, carried: next }
  }

  /** Writes a row that has gone through all steps, and gives its line. */
  emit({ row, carried, valuesText }: RowState): string {
    const values = valuesText ?? JSON.stringify(row.values)
    const { output: own } = this.#files[carried.source]!
    const output = this.#isLast ? (carried.output ?? own) : ''
    let lines = this.#outputs.get(output)
    if (lines === undefined) this.#outputs.set(output, (lines = { lines: '', origins: '' }))
    this.tally.rowsOut += 1
    if (this.#isLast) this.tally.outputs[output] = (this.tally.outputs[output] ?? 0) + 1
    const text = this.#isLast ? `${values}\n` : formatRowLine(carried, values)
    lines.lines += text
    if (this.#isLast) lines.origins += this.#originLine(carried)
    return text
  }

  /** As `JSON.stringify` writes it, which takes several times as long. */
  #originLine({ source, number, line, made }: CarriedRow): string {
    const file = (this.#fileTexts[source] ??= JSON.stringify(this.#files[source]!.file))
    const rest = made === undefined ? '' : `,"made":${JSON.stringify(made)}`
    return `{"file":${file},"number":${number},"line":${line}${rest}}\n`
  }

  result(): RowsResult {
    return {
      outputs: [...this.#outputs].map(([name, { lines, origins }]) => ({
        name,
        lines: encoder.encode(lines),
        origins: encoder.encode(origins),
      })),
      dropped: encoder.encode(this.#dropped),
      changed: encoder.encode(this.#changed),
      tally: this.tally,
    }
  }
}

/** What a message quotes of a row may be personal data. */
function withoutQuotes(detail: string): string {
  return detail.replace(/"[^]*"/, '"…"')
}

/** Rows made of made rows are named by both steps, so that no two rows have the same place. */
function madeBy({ made }: CarriedRow, step: string): string {
  return made === undefined ? step : `${made.by} ${made.index}, ${step}`
}

function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
