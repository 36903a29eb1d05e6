import { basename } from 'node:path'
import { findPreparation, type PreparationRecord } from '../data/prepare/find-preparation.ts'
import type { RecordedFile } from '../runs/lineage.ts'

/** How a file of a run's rows was prepared, and with which evaluation data it was compared. */
export interface DataPreparation extends Pick<PreparationRecord, 'yuksu' | 'steps' | 'contamination'> {
  readonly path: string
}

/** What `yuksu prepare` has written down of these files, of those that are as it left them. */
export async function dataPreparations(files: readonly RecordedFile[]): Promise<DataPreparation[]> {
  const found = await Promise.all(
    files.map(async ({ path, sha256 }) => {
      const record = await findPreparation(path, sha256)
      if (record === undefined) return []
      const { yuksu, steps, contamination } = record
      return [{ path, yuksu, steps, contamination }]
    }),
  )
  return found.flat()
}

/** A line for a person about each file: the steps it went through, and what was found of evaluation data in it. */
export function describePreparations(preparations: readonly DataPreparation[]): string[] {
  return preparations.map(({ path, steps, contamination }) => {
    const checked = contamination.flatMap(({ figures, dropped, changed }) => {
      const done = dropped > 0 ? `${dropped} rows dropped` : changed > 0 ? `${changed} rows cut` : 'all kept'
      return Object.entries(figures)
        .filter(([key]) => key.startsWith('found in '))
        .map(
          ([key, value]) => `${basename(key.slice('found in '.length))}: passages of ${value} found, ${done}`,
        )
    })
    const compared = checked.length === 0 ? 'compared with no evaluation rows' : checked.join('; ')
    return `${basename(path)} was prepared by ${steps.map((step) => step.name).join(', ')}; ${compared}`
  })
}
