// What the phases left is put into its place. The work folder has everything until `preparation.json` says that the output
// folder has it, so this can be cut off anywhere and begun again.
import { createReadStream, existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeFileAtomic } from '../../formats/atomic-file.ts'
import { writeError } from '../../formats/write-error.ts'
import { hashFile } from '../../runs/lineage.ts'
import type { Source, SourceFault } from '../sources/source.ts'
import { writeJson } from './json-file.ts'
import { outputNames } from './output-names.ts'
import type { Identity, PhasesState } from './prepare.ts'
import { labelSteps } from './process-rows.ts'
import {
  byCount,
  contaminationChecks,
  type InputReport,
  type OutputReport,
  type PreparationReport,
  reportName,
  shownPath,
  stepReport,
  sumFigure,
} from './report.ts'
import { reportPageOf } from './report-page.ts'

export interface FinishOptions {
  readonly out: string
  readonly work: string
  readonly identity: Identity
  readonly sources: readonly Source[]
  /** Of files that could not be opened. */
  readonly faults: readonly SourceFault[]
  /** When the preparation began, in milliseconds of the performance clock. */
  readonly began: number
}

/** Moves outputs into the output folder and writes the records and the report; `preparation.json` comes last. */
export async function putIntoPlace(state: PhasesState, options: FinishOptions): Promise<PreparationReport> {
  const { out, work, identity, sources, began } = options
  const last = join(work, `phase-${state.phases.length - 1}`, 'rows')
  const names = outputsOf(state, sources)
  for (const name of names.keys())
    for (const file of [`${name}.jsonl`, `${name}.origins.jsonl`])
      await move(join(last, file), join(out, file))
  for (const file of ['dropped.jsonl', 'changed.jsonl'])
    await writeFileAtomic(join(out, file), recordsOf(file, work, state.phases.length))
  const files = await moveLeftFiles(state, out, names)
  await syncFolder(out)

  const outputs: OutputReport[] = []
  for (const [name, rows] of names) {
    const { size, sha256 } = await hashFile(join(out, `${name}.jsonl`))
    outputs.push({ file: shownPath(out, `${name}.jsonl`), rows, size, sha256 })
  }
  const labels = labelSteps(identity.recipe.steps)
  const steps = state.results.map(({ tally, figures }, index) =>
    stepReport(labels[index]!.label, tally, figures),
  )
  const inputs = inputReports(state, options)
  const unreadable = byCount(state.read.unreadable)
  const report: PreparationReport = {
    rowsIn: inputs.reduce((total, { rows }) => total + rows, 0),
    rowsOut: state.last.rowsOut,
    unreadable: {
      rows: inputs.reduce((total, { unreadable }) => total + unreadable, 0),
      reasons: Object.fromEntries(unreadable.map(([reason, { rows }]) => [reason, rows])),
      examples: Object.fromEntries(unreadable.map(([reason, { examples }]) => [reason, examples])),
    },
    steps,
    duplicates: { clusters: sumFigure(steps, 'clusters'), pairs: sumFigure(steps, 'pairs') },
    faults: [...options.faults, ...state.findings.faults.flatMap((faults) => faults ?? [])],
    inputs,
    outputs,
    files: files.map((name) => shownPath(out, name)),
    seconds: Math.round(performance.now() - began) / 1000,
  }
  await writeJson(join(out, reportName), report)
  await writeFileAtomic(join(out, 'report.html'), reportPageOf(report, identity.recipe))
  await writeJson(join(out, 'preparation.json'), {
    ...identity,
    rowsIn: report.rowsIn,
    rowsOut: report.rowsOut,
    unreadable: report.unreadable.rows,
    faults: report.faults,
    steps: steps.map(({ name, changed, dropped, made, reasons }) => ({
      name,
      changed,
      dropped,
      made,
      reasons,
    })),
    outputs: outputs.map(({ rows, size, sha256 }, index) => ({
      file: `${[...names.keys()][index]!}.jsonl`,
      rows,
      size,
      sha256,
    })),
    contamination: contaminationChecks(steps, identity.recipe, identity.stepFiles),
  })
  return report
}

/** Rows by output: of each source that had rows, or where steps gave rows to outputs, those that have some. */
function outputsOf({ last, read, results }: PhasesState, sources: readonly Source[]): Map<string, number> {
  const own = outputNames(sources.map(({ file }) => file))
  const wereGiven = results.some(({ tally }) => Object.keys(tally.outputs).length > 0)
  const kept = wereGiven ? [] : own.filter((_, index) => (read.sources[index]?.rows ?? 0) > 0)
  const byName = (a: string, b: string) => (a < b ? -1 : 1)
  const others = Object.keys(last.outputs)
    .filter((name) => !own.includes(name))
    .sort(byName)
  const used = own.filter((name) => kept.includes(name) || last.outputs[name] !== undefined)
  return new Map([...used, ...others].map((name) => [name, last.outputs[name] ?? 0]))
}

/** Moves a file unless that was done before it was cut off; one that no row was written to is made. */
async function move(from: string, to: string): Promise<void> {
  if (!existsSync(from)) {
    if (!existsSync(to)) await writeFileAtomic(to, '')
    return
  }
  try {
    await rename(from, to)
  } catch (error) {
    throw writeError(to, error)
  }
}

/** The records of all phases, one after the other. */
async function* recordsOf(file: string, work: string, phases: number): AsyncGenerator<Uint8Array> {
  for (let phase = 0; phase < phases; phase++) {
    const path = join(work, `phase-${phase}`, 'records', file)
    if (existsSync(path)) yield* createReadStream(path) as AsyncIterable<Uint8Array>
  }
}

/** Files of the same name get that of their step before it, and then a number. */
async function moveLeftFiles(
  { results }: PhasesState,
  out: string,
  outputs: ReadonlyMap<string, number>,
): Promise<string[]> {
  const used = new Set(
    [...outputs.keys()]
      .flatMap((name) => [`${name}.jsonl`, `${name}.origins.jsonl`])
      .concat([
        'dropped.jsonl',
        'changed.jsonl',
        reportName,
        'report.html',
        'preparation.json',
        'work',
        'lock',
      ]),
  )
  const moved: string[] = []
  for (const [index, { left }] of results.entries()) {
    for (const name of left?.names ?? []) {
      const free = used.has(name) ? `step-${index + 1}-${name}` : name
      used.add(free)
      await move(join(left!.folder, name), join(out, free))
      moved.push(free)
    }
  }
  return moved
}

function inputReports({ findings, read }: PhasesState, { identity }: FinishOptions): InputReport[] {
  return identity.inputs.map((input, index) => {
    const { rows = 0, unreadable = 0, otherEncodings = {} } = read.sources[index] ?? {}
    const columns = findings.columns[index]
    const encoding = findings.encodings?.[index]
    return {
      ...input,
      rows,
      unreadable,
      ...(columns !== undefined && { columns }),
      ...(encoding !== undefined && { encoding }),
      ...(Object.keys(otherEncodings).length > 0 && { otherEncodings }),
    }
  })
}
