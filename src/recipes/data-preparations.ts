import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { RecordedFile } from '../runs/lineage.ts'

const figures = z.record(z.string(), z.union([z.number(), z.string()]))

/** What is read of the `preparation.json` that `yuksu prepare` leaves beside its rows. */
const preparationSchema = z.object({
  yuksu: z.string(),
  steps: z.array(z.object({ name: z.string(), changed: z.number(), dropped: z.number() })),
  outputs: z.array(z.object({ file: z.string(), sha256: z.string() })),
  contamination: z.array(z.object({ dropped: z.number(), changed: z.number(), figures })).default([]),
})

/** How a file of a run's rows was prepared. */
export interface DataPreparation {
  readonly path: string
  /** The record of the preparation, beside the file. */
  readonly preparation: string
  /** False where the file has been written to since: then nothing that follows need hold of it. */
  readonly isUnchanged: boolean
  /** Rows changed and dropped by each step. */
  readonly steps: readonly { readonly name: string; readonly changed: number; readonly dropped: number }[]
  /** Evaluation data that its rows were compared with: what was looked for, found and done. */
  readonly contamination: readonly {
    readonly dropped: number
    readonly changed: number
    readonly figures: Readonly<Record<string, number | string>>
  }[]
}

/** What `yuksu prepare` has written down of these files, where it made them. */
export async function dataPreparations(files: readonly RecordedFile[]): Promise<DataPreparation[]> {
  const found: DataPreparation[] = []
  for (const { path, sha256 } of files) {
    const preparation = join(dirname(path), 'preparation.json')
    if (!existsSync(preparation)) continue
    const record = preparationSchema.safeParse(parseJson(await readFile(preparation, 'utf8')))
    // A file of that name may be someone else's.
    if (!record.success) continue
    const { outputs, steps, contamination } = record.data
    const output = outputs.find(({ file }) => file === basename(path))
    if (output === undefined) continue
    found.push({ path, preparation, isUnchanged: output.sha256 === sha256, steps, contamination })
  }
  return found
}

/** A line for a person about each file: the steps it went through, and what was found of evaluation data in it. */
export function describePreparations(preparations: readonly DataPreparation[]): string[] {
  return preparations.map(({ path, isUnchanged, steps, contamination }) => {
    const name = basename(path)
    if (!isUnchanged)
      return `${name} has been changed since it was prepared: its preparation.json tells of other rows`
    const checked = contamination.flatMap(({ figures, dropped, changed }) => {
      const done = dropped > 0 ? `${dropped} rows dropped` : changed > 0 ? `${changed} rows cut` : 'all kept'
      return Object.entries(figures)
        .filter(([key]) => key.startsWith('found in '))
        .map(
          ([key, value]) => `${basename(key.slice('found in '.length))}: passages of ${value} found, ${done}`,
        )
    })
    const compared = checked.length === 0 ? 'compared with no evaluation rows' : checked.join('; ')
    return `${name} was prepared by ${steps.map((step) => step.name).join(', ')}; ${compared}`
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
