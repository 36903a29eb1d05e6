import { YuksuError } from '../../errors.ts'
import type { RawBatch, ReadBatch } from '../sources/source.ts'
import type { RowStep, StepDefinition } from '../step.ts'
import type { SourceColumns } from './find-columns.ts'
import { RowCollector, type RowsResult, type RowState, type SourceFile } from './row-collector.ts'
import { CarriedDataRow, parseRowLine, placeOf } from './row-line.ts'
import { placeText } from './row-name.ts'
import { findStep } from './steps.ts'

/** A step with the options it is to have, every default filled in. */
export interface ChosenStep {
  readonly name: string
  readonly options: unknown
}

/** A step by what it is called in records: two of the same name are told apart. */
export interface LabelledStep extends ChosenStep {
  readonly label: string
}

/** The steps of a recipe; the second of a name is called `name 2`. */
export function labelSteps(steps: readonly ChosenStep[]): LabelledStep[] {
  const seen = new Map<string, number>()
  return steps.map((step) => {
    const count = (seen.get(step.name) ?? 0) + 1
    seen.set(step.name, count)
    return { ...step, label: count === 1 ? step.name : `${step.name} ${count}` }
  })
}

/** What a thread is told once. */
export interface RowSettings {
  readonly steps: readonly LabelledStep[]
  readonly seed: number
  readonly files: readonly SourceFile[]
  /** By source, for the lines of an earlier phase. */
  readonly columns: readonly (SourceColumns | undefined)[]
  /** Whether no phase follows. */
  readonly isLast: boolean
}

/** Some rows to go through the steps: records of a source, or lines of an earlier phase. */
export type RowTask =
  | {
      readonly kind: 'batch'
      readonly source: number
      readonly columns: SourceColumns
      readonly batch: RawBatch
    }
  | { readonly kind: 'lines'; readonly bytes: Uint8Array }

export type ProcessRows = (task: RowTask) => RowsResult

/** Makes the steps; what comes back takes rows through them. The outcome depends on the rows alone. */
export async function createRowProcessor(
  settings: RowSettings,
  readBatch: ReadBatch,
  known?: readonly StepDefinition[],
): Promise<ProcessRows> {
  const { files, seed, isLast } = settings
  const names = settings.steps.map(({ label }) => label)
  const steps: RowStep[] = []
  for (const { name, options } of settings.steps) {
    const definition = findStep(name, known)
    if (definition.kind !== 'row') throw new Error(`${name} is no step of rows`)
    steps.push(await definition.create(options, { seed }))
  }

  function take(state: RowState, from: number, columns: SourceColumns, collector: RowCollector): void {
    let current = state
    const made: { state: RowState; from: number }[] = []
    let isKept = true
    for (let index = from; index < steps.length; index++) {
      const outcome = judge(steps[index]!, names[index]!, current, columns)
      const applied = collector.apply(index, current, columns, outcome)
      for (const state of applied.made) made.push({ state, from: index + 1 })
      if (applied.state === undefined) {
        isKept = false
        break
      }
      current = applied.state
    }
    if (isKept) collector.emit(current)
    for (const child of made) take(child.state, child.from, columns, collector)
  }

  return (task) => {
    const collector = new RowCollector(files, names, isLast)
    if (task.kind === 'batch') {
      const { source, columns } = task
      for (const row of readBatch(task.batch)) {
        if ('reason' in row) {
          collector.unreadable(source, row)
          continue
        }
        collector.read(source, row)
        const { number, line } = row.place
        take({ row, carried: { source, number, line } }, 0, columns, collector)
      }
    } else {
      for (const line of linesOf(task.bytes)) {
        const { carried, valuesText } = parseRowLine(line)
        const row = new CarriedDataRow(placeOf(carried, files[carried.source]!.file), valuesText)
        take({ row, carried, valuesText }, 0, settings.columns[carried.source]!, collector)
      }
    }
    return collector.result()
  }
}

/** A step must not throw on what a row holds; where it does, the row is named, so that it can be mended. */
function judge(step: RowStep, name: string, { row }: RowState, columns: SourceColumns) {
  try {
    return step.apply(row, columns)
  } catch (cause) {
    throw stepFailed(name, cause, placeText(row.place))
  }
}

/** What is said where a step fails by itself; errors for a person are given back unchanged. */
export function stepFailed(name: string, cause: unknown, place?: string): unknown {
  if (cause instanceof YuksuError || (cause instanceof Error && cause.name === 'AbortError')) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new YuksuError(
    'step-failed',
    `the step ${name} failed${place === undefined ? '' : ` on ${place}`}: ${reason}; leave the step out or report this`,
    { cause },
  )
}

/** The lines of a piece that ends with a line end. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split('\n')
  lines.pop()
  return lines
}
