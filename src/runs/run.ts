import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { YuksuError } from '../errors.ts'
import { repairInterruptedWrites, writeFileAtomic } from '../formats/atomic-file.ts'
import { JsonLinesWriter } from '../formats/json-lines-writer.ts'
import { readError } from '../formats/read-error.ts'
import { writeError } from '../formats/write-error.ts'
import { readEvents } from './events.ts'
import type { RunEvent } from './events.ts'
import { recordInLineage } from './lineage.ts'
import type { RecordedFile } from './lineage.ts'
import { lockRun } from './lock.ts'
import { differences } from './recipe-difference.ts'
import { currentVersions } from './versions.ts'

export { readEvents } from './events.ts'
export type { RunEvent } from './events.ts'
export type { RecordedFile } from './lineage.ts'

/**
 * The record of one piece of work, in a folder: `recipe.yaml` (resolved), `run.json` (the seed),
 * `versions.json`, `events.jsonl` (append only), `lineage.json` (input files with their hashes), and
 * whatever the work itself adds. While it is open no other process can open it.
 */
export interface Run {
  readonly folder: string
  readonly recipe: unknown
  readonly seed: number
  /** The path of something inside the folder. */
  path(...parts: string[]): string
  /**
   * Appends an event with the present time. A number that JSON does not know is written as text
   * (`"NaN"`, `"Infinity"`), never as null. Throws `disk-full` or `cannot-write`; earlier events stay.
   */
  emit(event: { readonly type: string; readonly time?: never; readonly [field: string]: unknown }): RunEvent
  /** The events so far, those of earlier sessions first. */
  events(): AsyncGenerator<RunEvent>
  /** Hashes an input file into the lineage. Throws `data-changed` if it was another when the run began. */
  recordFile(path: string): Promise<RecordedFile>
  /** Syncs the events and gives the lock back; further calls do nothing. */
  close(): void
}

export interface RunSettings {
  /** Anything that JSON can hold; undefined values are left out. */
  readonly recipe: unknown
  readonly seed: number
}

/** Whether `folder` holds a run that `openRun` can go on with. */
export function isRun(folder: string): boolean {
  return existsSync(join(folder, 'run.json'))
}

/**
 * Starts a run in `folder`, which is made if need be. Throws `run-exists` where there already is one,
 * `run-in-use`, `disk-full`, `cannot-write`.
 */
export async function createRun(folder: string, settings: RunSettings): Promise<Run> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw writeError(folder, error)
  }
  return withLock(folder, async (release) => {
    if (isRun(folder)) {
      throw new YuksuError('run-exists', `${folder} already holds a run; resume it or name another folder`)
    }
    const recipe = asJson(settings.recipe)
    await writeFileAtomic(join(folder, 'recipe.yaml'), stringify(recipe))
    await writeJson(join(folder, 'versions.json'), currentVersions())
    // Last, because its presence makes the folder a run.
    await writeJson(join(folder, 'run.json'), { seed: settings.seed, created: new Date().toISOString() })
    return start(folder, recipe, settings.seed, release)
  })
}

/**
 * Goes on with the run in `folder`: repairs what a kill left half written, and notes other versions in
 * the events. With `expected`, throws `recipe-changed` naming each key that differs from the run's own.
 * Throws `missing-run` where there is none, `run-in-use`, `damaged-run`.
 */
export async function openRun(folder: string, expected: Partial<RunSettings> = {}): Promise<Run> {
  if (!isRun(folder)) {
    throw new YuksuError(
      'missing-run',
      `${folder} holds no run (no run.json); check the path or start a new run`,
    )
  }
  return withLock(folder, async (release) => {
    const { seed } = await readJson<{ seed: number }>(join(folder, 'run.json'))
    const recipe: unknown = await readText(join(folder, 'recipe.yaml'), parse)
    refuseOtherSettings(folder, { recipe, seed }, expected)
    await repairInterruptedWrites(folder)
    const versions = await readJson<unknown>(join(folder, 'versions.json'))
    const run = start(folder, recipe, seed, release)
    const changed = differences(versions, currentVersions())
    if (changed.length > 0) run.emit({ type: 'versions-changed', changed })
    return run
  })
}

function start(folder: string, recipe: unknown, seed: number, release: () => void): Run {
  const writer = JsonLinesWriter.open(join(folder, 'events.jsonl'))
  let recorded: Promise<unknown> = Promise.resolve()
  return {
    folder,
    recipe,
    seed,
    path: (...parts) => join(folder, ...parts),
    emit({ type, ...fields }) {
      const event = { type, time: new Date().toISOString(), ...writeNonFinite(fields) }
      writer.write(event)
      return event
    },
    events: () => readEvents(folder),
    recordFile(path) {
      // One at a time: each reads and replaces the same list.
      const next = recorded.then(() => recordInLineage(folder, path))
      recorded = next.catch(() => undefined)
      return next
    },
    close() {
      try {
        writer.close()
      } finally {
        release()
      }
    },
  }
}

async function withLock(folder: string, work: (release: () => void) => Promise<Run>): Promise<Run> {
  const release = lockRun(folder)
  try {
    return await work(release)
  } catch (error) {
    release()
    throw error
  }
}

function refuseOtherSettings(folder: string, own: RunSettings, expected: Partial<RunSettings>): void {
  const found = 'recipe' in expected ? differences(asJson(own.recipe), asJson(expected.recipe)) : []
  if (expected.seed !== undefined) found.push(...differences(own.seed, expected.seed, 'seed'))
  if (found.length === 0) return
  const shown = found.slice(0, 5).map(({ key, before, after }) => `${key} (${show(before)} → ${show(after)})`)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ''
  throw new YuksuError(
    'recipe-changed',
    `the run ${folder} was made with another recipe: ${shown.join(', ')}${more}; use the same recipe or another folder`,
  )
}

function show(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function asJson(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown)
}

function writeNonFinite(value: object): Record<string, unknown> {
  const text = JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  )
  return JSON.parse(text) as Record<string, unknown>
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`)
}

async function readJson<T>(path: string): Promise<T> {
  return readText(path, (text) => JSON.parse(text) as T)
}

async function readText<T>(path: string, parseText: (text: string) => T): Promise<T> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw readError(path, error)
  }
  try {
    return parseText(text)
  } catch (error) {
    throw new YuksuError('damaged-run', `${path} cannot be read; restore it or start a new run`, {
      cause: error,
    })
  }
}
