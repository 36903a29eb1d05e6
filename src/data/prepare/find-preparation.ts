import { basename, dirname, join } from 'node:path'
import { hashFile } from '../../runs/lineage.ts'
import { readJson } from './json-file.ts'
import type { Preparation } from './recipe.ts'
import type { InputFile } from './input-files.ts'

/** What `preparation.json` says of the prepared files beside it. */
export interface PreparationRecord {
  /** The version that prepared them. */
  readonly yuksu: string
  readonly recipe: Preparation
  readonly inputs: readonly InputFile[]
  readonly rowsIn: number
  readonly rowsOut: number
  readonly unreadable: number
  readonly steps: readonly {
    readonly name: string
    readonly changed: number
    readonly dropped: number
    readonly made: number
    readonly reasons: Readonly<Record<string, number>>
  }[]
  readonly outputs: readonly {
    readonly file: string
    readonly rows: number
    readonly size: number
    readonly sha256: string
  }[]
  /** Each comparison with evaluation data: the options, which name it, and what was found. */
  readonly contamination: readonly {
    readonly options: unknown
    /** The evaluation data, as it was. */
    readonly files: readonly { readonly file: string; readonly size: number; readonly sha256: string }[]
    readonly dropped: number
    readonly changed: number
    readonly figures: Readonly<Record<string, number | string>>
  }[]
}

/**
 * The preparation that wrote `file`, byte for byte as it is now: what a training run says of where its rows came from, and a
 * score of which evaluation data they were compared with. Undefined where there is none, or the file was changed since. `sha256` is its hash,
 * where that is known.
 */
export async function findPreparation(file: string, sha256?: string): Promise<PreparationRecord | undefined> {
  const record = await readJson<Partial<PreparationRecord>>(join(dirname(file), 'preparation.json')).catch(
    () => undefined,
  )
  const output = record?.outputs?.find((output) => output.file === basename(file))
  if (output === undefined || (sha256 ?? (await hashFile(file)).sha256) !== output.sha256) return undefined
  return record as PreparationRecord
}
