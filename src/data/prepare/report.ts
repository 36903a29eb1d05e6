import { isAbsolute, join } from 'node:path'
import type { SourceFault } from '../sources/source.ts'
import type { SourceColumns } from './find-columns.ts'
import type { InputFile } from './input-files.ts'
import type { Preparation } from './recipe.ts'
import type { StepFile } from './step-files.ts'
import type { Example, KindTally, StepTally } from './tally.ts'

export const reportName = 'report.json'

/** What became of the rows of a preparation: what `yuksu prepare --json` prints and `report.json` holds. */
export interface PreparationReport {
  /** Rows found in the files, those that could not be read included. */
  readonly rowsIn: number
  /** Rows in the outputs: those that came in, less the unreadable and dropped ones, and those that steps made. */
  readonly rowsOut: number
  readonly unreadable: {
    readonly rows: number
    readonly reasons: Readonly<Record<string, number>>
    readonly examples: Readonly<Record<string, readonly Example[]>>
  }
  readonly steps: readonly StepReport[]
  /** Of all steps that find duplicates together. */
  readonly duplicates: { readonly clusters: number; readonly pairs: number }
  /** What is wrong with files as a whole. */
  readonly faults: readonly SourceFault[]
  readonly inputs: readonly InputReport[]
  readonly outputs: readonly OutputReport[]
  /** What else steps left in the folder. */
  readonly files: readonly string[]
  /** What this run took. */
  readonly seconds: number
  /** The folder held this preparation already; nothing was done. */
  readonly wasDone?: boolean
}

export interface StepReport {
  readonly name: string
  readonly rowsIn: number
  readonly rowsOut: number
  readonly changed: number
  readonly dropped: number
  readonly made: number
  /** Dropped rows by reason, the most frequent first. */
  readonly reasons: Readonly<Record<string, number>>
  /** Rows changed, and the places in them, by kind of change. */
  readonly changes: Readonly<Record<string, { readonly rows: number; readonly places: number }>>
  /** Rows given to outputs. */
  readonly outputs?: Readonly<Record<string, number>>
  readonly figures?: Readonly<Record<string, number | string>>
  /** The first rows of each reason and kind of change. */
  readonly examples: Readonly<Record<string, readonly Example[]>>
}

export interface InputReport extends InputFile {
  readonly rows: number
  readonly unreadable: number
  readonly columns?: SourceColumns
  readonly encoding?: string
  readonly otherEncodings?: Readonly<Record<string, number>>
}

export interface OutputReport {
  /** Its path: the output folder as it was named, and the file in it. */
  readonly file: string
  readonly rows: number
  /** In bytes. */
  readonly size: number
  readonly sha256: string
}

export function stepReport(
  name: string,
  tally: StepTally,
  figures: Readonly<Record<string, number | string>> | undefined,
): StepReport {
  const { rowsIn, changed, dropped, made } = tally
  const reasons = byCount(tally.reasons)
  const changes = byCount(tally.changes)
  return {
    name,
    rowsIn,
    rowsOut: rowsIn - dropped + made,
    changed,
    dropped,
    made,
    reasons: Object.fromEntries(reasons.map(([reason, { rows }]) => [reason, rows])),
    changes: Object.fromEntries(changes.map(([kind, { rows, places }]) => [kind, { rows, places }])),
    ...(Object.keys(tally.outputs).length > 0 && { outputs: sorted(tally.outputs) }),
    ...(figures !== undefined && Object.keys(figures).length > 0 && { figures }),
    examples: Object.fromEntries([...reasons, ...changes].map(([kind, { examples }]) => [kind, examples])),
  }
}

/** The most frequent first, those as frequent by name, so that the order depends on the counts alone. */
export function byCount(kinds: Readonly<Record<string, KindTally>>): [string, KindTally][] {
  return Object.entries(kinds).sort(([a, first], [b, second]) => second.rows - first.rows || (a < b ? -1 : 1))
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The sum of a figure that several steps may have. */
export function sumFigure(steps: readonly StepReport[], name: string): number {
  return steps.reduce((total, { figures }) => total + Number(figures?.[name] ?? 0), 0)
}

/** `contamination` steps: what evaluation data the rows were compared with, so that a later score can say so. */
export function contaminationChecks(
  steps: readonly StepReport[],
  recipe: Preparation,
  stepFiles: readonly StepFile[],
) {
  return steps.flatMap(({ dropped, changed, figures }, index) =>
    recipe.steps[index]!.name === 'contamination'
      ? [
          {
            options: recipe.steps[index]!.options,
            files: stepFiles
              .filter(({ step }) => step === index)
              .map(({ file, size, sha256 }) => ({ file, size, sha256 })),
            dropped,
            changed,
            figures: figures ?? {},
          },
        ]
      : [],
  )
}

/** The path of a file in the output folder as a person gave it. */
export function shownPath(out: string, name: string): string {
  return isAbsolute(out) || !out.startsWith('./') ? join(out, name) : `./${join(out, name)}`
}
