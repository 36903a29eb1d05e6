/** For tests: what files hold, read as a preparation reads them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DataRow } from '../step.ts'
import { openSources, readBatch, type SourceFault, type SourceOptions, type UnreadableRow } from './index.ts'

/** A folder that is removed at the end. */
export function testFolder(): {
  path: string
  write: (name: string, content: string | Uint8Array) => string
  remove: () => void
} {
  const path = mkdtempSync(join(tmpdir(), 'yuksu-sources-'))
  return {
    path,
    write(name, content) {
      const file = join(path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
      return file
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

export interface ReadSources {
  readonly rows: (DataRow | UnreadableRow)[]
  readonly faults: SourceFault[]
  readonly encodings: (string | undefined)[]
}

/** Every row of what the patterns stand for. */
export async function readSources(
  patterns: readonly string[],
  options?: SourceOptions,
): Promise<ReadSources> {
  const { sources, faults } = await openSources(patterns, options)
  const rows: (DataRow | UnreadableRow)[] = []
  const encodings: (string | undefined)[] = []
  for (const source of sources) {
    for await (const batch of source.batches((fault) => faults.push(fault))) rows.push(...readBatch(batch))
    encodings.push(source.encoding)
  }
  return { rows, faults, encodings }
}

/** The values of rows, and of those that could not be read the reason. */
export function valuesOf({ rows }: ReadSources): unknown[] {
  return rows.map((row) => ('values' in row ? row.values : row.reason))
}

export function reasonsOf({ faults }: ReadSources): string[] {
  return faults.map(({ reason }) => reason)
}
