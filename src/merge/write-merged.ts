import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { YuksuError } from '../errors.ts'
import { type Checkpoint, openCheckpoint } from '../export/checkpoint.ts'
import { copyCompanions, writeConfiguration } from '../export/companions.ts'
import { writeFolderAtomic } from '../formats/atomic-file.ts'
import { writeSafetensorsFolder } from '../formats/safetensors-write-folder.ts'
import type { StreamedTensor } from '../formats/safetensors-write.ts'
import type { ParameterSpecification } from '../models/family.ts'
import { toStored } from '../models/stored-tensors.ts'
import { hashFile, type RecordedFile } from '../runs/lineage.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'

/** How weights may be written; without one of these as the model that settings and tokenizer come from has them. */
export const weightTypes = {
  f32: { stored: 'F32', name: 'float32' },
  f16: { stored: 'F16', name: 'float16' },
  bf16: { stored: 'BF16', name: 'bfloat16' },
} as const

export type WeightType = keyof typeof weightTypes

export interface WriteOptions {
  readonly out: string
  readonly type?: WeightType | undefined
  readonly onProgress?: ((written: number, total: number) => void) | undefined
}

/** A model that another was made of. */
export interface Parent {
  readonly folder: string
  /** Its weights, hashed. */
  readonly files: readonly RecordedFile[]
}

export interface MergedModel {
  readonly out: string
  readonly type: WeightType
  readonly parameters: number
  readonly parents: readonly Parent[]
}

/** Files of more than this are hard to move. */
const shardBytes = 5e9

/** The settings and tokenizer of `like`, and a record under `yuksu` in `config.json`: what was made of which files. */
export async function writeMerged(
  like: Checkpoint,
  given: {
    readonly parents: readonly Checkpoint[]
    /** What `config.json` says otherwise. */
    readonly settings?: Readonly<Record<string, unknown>>
    readonly record: Readonly<Record<string, unknown>>
    readonly specifications: readonly ParameterSpecification[]
    /** The tokenizer, where it is another than that of the model that the settings come from. */
    readonly tokenizer?: Tokenizer | undefined
    /** The values of a parameter, as the model has them. */
    read(specification: ParameterSpecification, place: number): Promise<Float32Array>
  },
  { out, type = storedType(like), onProgress }: WriteOptions,
): Promise<MergedModel> {
  const { specifications, parents, settings, record, tokenizer, read } = given
  const { stored, name: typeName } = weightTypes[type]
  const sources: Parent[] = []
  for (const { folder } of parents)
    sources.push({ folder: resolve(folder), files: await hashWeights(folder) })
  let written = 0
  const tensors = specifications.map((specification, place): StreamedTensor => {
    const { name, shape, storedTransposed = false } = specification
    return {
      name,
      shape: storedTransposed ? shape.toReversed() : shape,
      dtype: stored,
      async read() {
        const values = await read(specification, place)
        onProgress?.(++written, specifications.length)
        return toStored(specification, values).data as Float32Array
      },
    }
  })
  await writeFolderAtomic(out, async (temporary) => {
    await writeSafetensorsFolder(temporary, tensors, {
      metadata: { format: 'pt' },
      maxShardBytes: shardBytes,
    })
    const more = { ...settings, torch_dtype: typeName, yuksu: { ...record, parents: sources } }
    await writeConfiguration(like, temporary, more)
    await copyCompanions(like.folder, temporary, { tokenizer: tokenizer === undefined })
    await tokenizer?.save(temporary)
    // Whatever was put together has to be a model.
    await (await openCheckpoint(temporary)).close()
  })
  return { out, type, parameters: countNumbers(specifications), parents: sources }
}

/** Throws YuksuError where the result would take the place of one of its parents, or of what is no model. */
export async function checkOut(out: string, parents: readonly Checkpoint[]): Promise<void> {
  const own = parents.find(({ folder }) => relative(resolve(folder), resolve(out)) === '')
  if (own !== undefined)
    throw new YuksuError('folder-in-the-way', `--out is ${own.folder}, which is to be merged; choose another`)
  if (!existsSync(out)) return
  const names = await readdir(out).catch(() => [out])
  if (names.length > 0 && !names.includes('config.json')) {
    throw new YuksuError(
      'folder-in-the-way',
      `${out} exists and is no model folder; choose another place, or remove it first`,
    )
  }
}

async function hashWeights(folder: string): Promise<RecordedFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).toSorted()
  const files: RecordedFile[] = []
  for (const name of names) files.push(await hashFile(resolve(join(folder, name))))
  return files
}

function storedType({ json }: Checkpoint): WeightType {
  const name = json.dtype ?? json.torch_dtype
  const found = Object.entries(weightTypes).find(([, type]) => type.name === name)
  return (found?.[0] ?? 'f32') as WeightType
}

function countNumbers(specifications: readonly ParameterSpecification[]): number {
  return specifications
    .filter(({ trainable }) => trainable)
    .reduce((total, { shape }) => total + shape.reduce((product, size) => product * size, 1), 0)
}
