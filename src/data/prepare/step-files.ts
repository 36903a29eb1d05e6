// Options of steps name files: evaluation sets, word lists, models. What a step does depends on what is in them, so they are
// hashed like the input, and a preparation goes on only where they are the same.
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile } from '../../runs/lineage.ts'
import { openSources } from '../sources/index.ts'
import type { ChosenStep } from './process-rows.ts'

/** A file that an option of a step names. */
export interface StepFile {
  /** The step, by its place in the recipe, from 0. */
  readonly step: number
  readonly file: string
  readonly size: number
  readonly sha256: string
}

/** The files there are among the texts in the options of steps: files, patterns, folders of models. */
export async function hashStepFiles(steps: readonly ChosenStep[], signal?: AbortSignal): Promise<StepFile[]> {
  const found: StepFile[] = []
  for (const [step, { options }] of steps.entries()) {
    const files = new Set<string>()
    for (const text of new Set(textsIn(options))) for (const file of await filesOf(text)) files.add(file)
    for (const file of [...files].sort()) {
      signal?.throwIfAborted()
      const { size, sha256 } = await hashFile(file)
      found.push({ step, file, size, sha256 })
    }
  }
  return found
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

async function filesOf(text: string): Promise<string[]> {
  if (text === '' || text.length > 4096) return []
  const kind = await stat(text).catch(() => undefined)
  if (kind?.isFile() === true) return [text]
  // The folder of a model. Any other folder of that name is there by chance: texts of options are names of columns, too.
  if (kind?.isDirectory() === true && existsSync(join(text, 'config.json'))) {
    const entries = await readdir(text, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => join(text, name))
  }
  if (kind !== undefined || !/\/.*[*?[{]|[*?].*\.\w+$/.test(text)) return []
  return (await openSources([text])).sources.map(({ file }) => file)
}
