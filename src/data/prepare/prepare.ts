// A preparation is a list of steps over the rows of files: consecutive row steps are one phase, a corpus step is one of its own.
// Each phase leaves its rows in the work folder for the next; the last writes the outputs, which are then put into place.
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { YuksuError } from '../../errors.ts'
import { repairInterruptedWrites } from '../../formats/atomic-file.ts'
import { writeError } from '../../formats/write-error.ts'
import { lockRun } from '../../runs/lock.ts'
import { differences } from '../../runs/recipe-difference.ts'
import { currentVersions } from '../../runs/versions.ts'
import { openSources } from '../sources/index.ts'
import type { Source, SourceFault } from '../sources/source.ts'
import type { CorpusContext, StepDefinition } from '../step.ts'
import { type CorpusResult, runCorpusPhase } from './corpus-phase.ts'
import { putIntoPlace } from './finish.ts'
import {
  type CheckedInputs,
  hashInputs,
  type InputFile,
  refuseOutputAmongInputs,
  refuseOutputInFolder,
  someNames,
} from './input-files.ts'
import { readJson, writeJson } from './json-file.ts'
import { outputNames } from './output-names.ts'
import { type Phase, planPhases } from './phases.ts'
import { labelSteps } from './process-rows.ts'
import type { Preparation } from './recipe.ts'
import { type PreparationReport, reportName } from './report.ts'
import { defaultThreads } from './row-workers.ts'
import { runRowsPhase, storedRowsPath } from './rows-phase.ts'
import type { SourceFindings } from './source-tasks.ts'
import { hashStepFiles, type StepFile } from './step-files.ts'
import { findStep, stepDefinitions } from './steps.ts'
import type { BatchTally, StepTally } from './tally.ts'

export interface PrepareOptions {
  /** Files or patterns. */
  readonly files: readonly string[]
  /** The output folder; made if need be. */
  readonly out: string
  readonly recipe: Preparation
  /** Worker threads, by default as many as there are processors. The outcome does not depend on it. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: PreparationProgress) => void) | undefined
  /** Opens a chat model that a step names, such as one in a folder; without it steps find theirs behind endpoints. */
  readonly openChatModel?: CorpusContext['openChatModel']
  /** Opens a model that a step names for embeddings of texts. */
  readonly openEmbedder?: CorpusContext['openEmbedder']
  /** Steps instead of the built-in ones, for those that have their own; they run in this thread. */
  readonly steps?: readonly StepDefinition[] | undefined
  /** For tests: the code of the threads, and milliseconds after which what is done is made durable. */
  readonly internals?: { readonly program?: URL; readonly checkpointAfter?: number } | undefined
}

export interface PreparationProgress {
  /** What is being done: `reading`, or the steps. */
  readonly label: string
  readonly done: number
  readonly total?: number
  readonly unit: 'rows' | 'bytes'
}

/** What a preparation is of: it goes on only where nothing of it is another. */
export interface Identity {
  readonly yuksu: string
  readonly recipe: Preparation
  readonly inputs: readonly InputFile[]
  /** Files that options of steps name. */
  readonly stepFiles: readonly StepFile[]
}

/**
 * Prepares rows: reads all files, takes the rows through the steps, and writes to the output folder the prepared rows with
 * their origins, every dropped and changed row, and a report. Begun again after an interruption it goes on where it was;
 * done already, it gives its report. The files are the same bytes however often, and by however many threads.
 *
 * @throws YuksuError `recipe-changed`, `data-changed` where the folder holds another preparation; `out-not-empty`,
 *   `output-among-inputs`, `no-rows-left` (everything is written even so), and those of reading and writing.
 */
export async function prepare(options: PrepareOptions): Promise<PreparationReport> {
  const began = performance.now()
  const { out, recipe, signal } = options
  const work = join(out, 'work')
  await refuseForeignFolder(out)
  await refuseOutputInFolder(out, options.files)
  const { sources, faults } = await openSources(options.files, recipe.read)
  if (sources.length === 0) throw nothingToRead(options.files, faults)
  await refuseOutputAmongInputs(out, sources)
  const release = await lockFolder(out)
  try {
    await repairInterruptedWrites(out)
    const total = sources.reduce((total, { bytes }) => total + (bytes ?? 0), 0)
    const showHashed = (done: number) =>
      options.onProgress?.({ label: 'checking files', done, total, unit: 'bytes' })
    showHashed(0)
    const inputs = await hashInputs(sources, { signal, onHashed: showHashed })
    const identity: Identity = {
      yuksu: currentVersions().yuksu,
      recipe,
      inputs: inputs.files,
      stepFiles: await hashStepFiles(recipe.steps, signal),
    }
    const finished = await readJson<Identity>(join(out, 'preparation.json'))
    if (finished !== undefined) {
      refuseOther(out, finished, identity, 'holds')
      const report = await readJson<PreparationReport>(join(out, reportName))
      if (report !== undefined) {
        await refuseChangedOutputs(report, out)
        return complete({ ...report, wasDone: true }, out)
      }
    }
    const begun = await readJson<Identity>(join(work, 'preparation.json'))
    if (begun !== undefined) refuseOther(out, begun, identity, 'holds the beginning of')
    else await begin(work, identity)
    const state = await runPhases(options, sources, inputs, work)
    signal?.throwIfAborted()
    const report = await putIntoPlace(state, { out, work, identity, sources, faults, began })
    await rm(work, { recursive: true, force: true })
    return complete(report, out)
  } finally {
    release()
  }
}

async function lockFolder(out: string): Promise<() => void> {
  try {
    await mkdir(out, { recursive: true })
  } catch (error) {
    throw writeError(out, error)
  }
  return lockRun(out)
}

/** A folder with other things in it is not written to: whatever has the name of an output would be lost. */
async function refuseForeignFolder(out: string): Promise<void> {
  const names = await namesIn(out)
  const others = names.filter((name) => name !== 'lock' && name !== 'work' && !name.endsWith('.partial'))
  const inWork = await namesIn(join(out, 'work'))
  const begun = await readJson<Partial<Identity>>(join(out, 'work', 'preparation.json'))
  const done = await readJson<Partial<Identity>>(join(out, 'preparation.json'))
  if (isIdentity(begun) || isIdentity(done) || (others.length === 0 && inWork.length === 0)) return
  throw new YuksuError(
    'out-not-empty',
    `the output folder ${out} already holds ${someNames(others.length > 0 ? others : ['work'])}; name a new or an empty folder`,
  )
}

function isIdentity(value: Partial<Identity> | undefined): boolean {
  return typeof value === 'object' && value?.recipe !== undefined && Array.isArray(value.inputs)
}

async function namesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  return readdir(folder).catch((error: unknown) => {
    throw writeError(folder, error)
  })
}

async function begin(work: string, identity: Identity): Promise<void> {
  await mkdir(work, { recursive: true })
  await writeJson(join(work, 'preparation.json'), identity)
}

function refuseOther(out: string, own: Identity, wanted: Identity, holds: string): void {
  const mend = `give another --out, or delete ${out} to start anew`
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  const found = differences(plain(own.recipe), plain(wanted.recipe))
  const show = (value: unknown) => {
    const text = value === undefined ? 'absent' : JSON.stringify(value)
    return text.length > 60 ? `${text.slice(0, 60)}…` : text
  }
  if (found.length > 0) {
    const shown = found
      .slice(0, 3)
      .map(({ key, before, after }) => `${key} (${show(before)} → ${show(after)})`)
    throw new YuksuError(
      'recipe-changed',
      `${out} ${holds} a preparation with another recipe: ${someNames(shown)}; ${mend}`,
    )
  }
  const before = new Map(own.inputs.map((file) => [file.file, file]))
  const changed = wanted.inputs.filter(
    ({ file, sha256 }) => !before.has(file) || before.get(file)!.sha256 !== sha256,
  )
  const names = new Set(wanted.inputs.map(({ file }) => file))
  const missing = own.inputs.filter(({ file }) => !names.has(file))
  const others = [...changed, ...missing].map(({ file }) => file)
  if (others.length > 0 || own.inputs.some(({ file }, index) => wanted.inputs[index]!.file !== file))
    throw new YuksuError(
      'data-changed',
      `${out} ${holds} a preparation of other files${others.length > 0 ? ` (${someNames(others)} changed, added or missing)` : ' (in another order)'}; ${mend}`,
    )
  const hashes = (files: readonly StepFile[]) => new Map(files.map(({ file, sha256 }) => [file, sha256]))
  const [ownFiles, wantedFiles] = [hashes(own.stepFiles), hashes(wanted.stepFiles)]
  const named = [...new Set([...ownFiles.keys(), ...wantedFiles.keys()])]
  const otherFiles = named.filter((file) => ownFiles.get(file) !== wantedFiles.get(file))
  if (otherFiles.length > 0)
    throw new YuksuError(
      'data-changed',
      `${out} ${holds} a preparation whose steps read other files (${someNames(otherFiles)} changed, added or missing); ${mend}`,
    )
  if (own.yuksu !== wanted.yuksu)
    throw new YuksuError(
      'recipe-changed',
      `${out} ${holds} a preparation by yuksu ${own.yuksu}, this is ${wanted.yuksu}; ${mend}`,
    )
}

/** What a step came to. */
export interface StepResult {
  readonly tally: StepTally
  readonly figures?: CorpusResult['figures']
  /** Where a corpus step left files, and their names. */
  readonly left?: { readonly folder: string; readonly names: readonly string[] }
}

/** What the phases came to. */
export interface PhasesState {
  readonly findings: SourceFindings
  /** By step of the recipe. */
  readonly results: readonly StepResult[]
  readonly read: BatchTally
  readonly last: BatchTally
  readonly phases: readonly Phase[]
}

async function runPhases(
  {
    recipe,
    threads,
    signal,
    steps: known,
    internals = {},
    onProgress,
    openChatModel,
    openEmbedder,
  }: PrepareOptions,
  sources: readonly Source[],
  inputs: CheckedInputs,
  work: string,
): Promise<PhasesState> {
  const steps = labelSteps(recipe.steps)
  const definitions = steps.map(({ name }) => findStep(name, known ?? stepDefinitions))
  const phases = planPhases(definitions.map(({ kind }) => kind))
  const files = sources.map(({ file }) => file)
  const outputs = outputNames(files)
  const sourceFiles = files.map((file, index) => ({ file, output: outputs[index]! }))
  const findings: SourceFindings = { columns: [], faults: [], encodings: [] }
  const results: StepResult[] = []
  const useful = usefulThreads(threads ?? defaultThreads(), sources)
  const { seed } = recipe
  let read: BatchTally | undefined
  let last: BatchTally | undefined
  let rows = 0
  for (const [index, phase] of phases.entries()) {
    const folder = join(work, `phase-${index}`)
    const stored = storedRowsPath(join(work, `phase-${index - 1}`))
    if (phase.kind === 'corpus') {
      const { label, options } = steps[phase.step]!
      const definition = definitions[phase.step]!
      if (definition.kind !== 'corpus') throw new Error(`${label} is no corpus step`)
      const count = rows
      const result = await runCorpusPhase({
        folder,
        definition,
        label,
        stepOptions: options,
        seed,
        threads: threads ?? defaultThreads(),
        path: stored,
        count,
        files: sourceFiles,
        columns: findings.columns,
        signal,
        onProgress: (pass, rows) =>
          onProgress?.({ label: `${label}: ${pass}`, done: rows, total: count, unit: 'rows' }),
        openChatModel,
        openEmbedder,
      })
      const { tally, figures, files: names } = result
      results[phase.step] = {
        tally: tally.steps[0]!,
        figures,
        left: { folder: join(folder, 'files'), names },
      }
      rows = result.tally.rowsOut
    } else {
      const chosen = phase.steps.map((step) => steps[step]!)
      const total = index === 0 ? undefined : rows
      const names = chosen.map(({ label }) => label).join(', ')
      const label =
        index === 0 ? (names === '' ? 'reading' : `reading, ${names}`) : names === '' ? 'writing' : names
      const show = (done: number) =>
        onProgress?.({ label, done, ...(total !== undefined && { total }), unit: 'rows' })
      show(0)
      const tally = await runRowsPhase({
        folder,
        input:
          index === 0
            ? { kind: 'sources', sources, columns: recipe.columns }
            : { kind: 'stored', path: stored },
        settings: {
          steps: chosen,
          seed,
          files: sourceFiles,
          columns: index === 0 ? [] : findings.columns,
          isLast: phase.isLast,
        },
        workers: { threads: useful, known, program: internals.program },
        findings,
        signal,
        onRows: show,
        checkpointAfter: internals.checkpointAfter,
      })
      for (const [place, step] of phase.steps.entries()) results[step] = { tally: tally.steps[place]! }
      read ??= tally
      last = tally
      rows = tally.rowsOut
      if (index === 0) await inputs.check()
    }
    // What the phase read is not needed again; its records are.
    if (index > 0) await rm(join(work, `phase-${index - 1}`, 'rows'), { recursive: true, force: true })
  }
  return { findings, results, read: read!, last: last!, phases }
}

/** A thread takes about as long to start as two megabytes to go through the steps. */
function usefulThreads(threads: number, sources: readonly Source[]): number {
  const bytes = sources.reduce((total, { bytes }) => total + (bytes ?? 1e9), 0)
  return Math.max(1, Math.min(threads, 1 + Math.floor(bytes / 2 ** 21)))
}

function nothingToRead(files: readonly string[], faults: readonly SourceFault[]): YuksuError {
  const why = faults.map(({ detail }) => detail)
  return new YuksuError(
    'nothing-to-read',
    why.length > 0
      ? `there is nothing to prepare: ${someNames(why)}`
      : `no file was found for ${someNames(files)}; check the path, and put a pattern in quotes`,
  )
}

/** What is there already is not prepared again, so it has to be there. */
async function refuseChangedOutputs({ outputs }: PreparationReport, out: string): Promise<void> {
  for (const { file, size } of outputs) {
    const path = join(out, basename(file))
    if ((await stat(path).catch(() => undefined))?.size === size) continue
    throw new YuksuError(
      'outputs-changed',
      `${path} is not what the preparation wrote; delete ${out} to prepare it anew, or name another folder`,
    )
  }
}

/** A preparation that leaves nothing is an error, whenever it is asked for. */
function complete(report: PreparationReport, out: string): PreparationReport {
  if (report.rowsOut === 0) throw noRowsLeft(report, out)
  return report
}

function noRowsLeft({ rowsIn, steps, unreadable, faults }: PreparationReport, out: string): YuksuError {
  if (rowsIn === 0) {
    const why = faults.length > 0 ? `: ${someNames(faults.map(({ detail }) => detail))}` : ''
    return new YuksuError(
      'no-rows-left',
      `no rows were found in the files given${why}; see ${join(out, 'report.html')}`,
    )
  }
  const reasons = [
    ...Object.entries(unreadable.reasons).map(([reason, rows]) => ({ reason, rows })),
    ...steps.flatMap(({ name, reasons }) =>
      Object.entries(reasons).map(([reason, rows]) => ({ reason: `${name} ${reason}`, rows })),
    ),
  ].sort((a, b) => b.rows - a.rows)
  const shown = someNames(reasons.map(({ reason, rows }) => `${reason} ${rows}`))
  return new YuksuError(
    'no-rows-left',
    `no rows are left of ${rowsIn} (${shown}); ${join(out, 'dropped.jsonl')} says why of each, loosen or leave out the step`,
  )
}
