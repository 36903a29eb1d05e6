import { writeFolderAtomic } from '../formats/atomic-file.ts'
import { writeSafetensorsFolder } from '../formats/safetensors-write-folder.ts'
import type { StreamedTensor } from '../formats/safetensors-write.ts'
import { openModel } from '../models/model.ts'
import { toStored } from '../models/stored-tensors.ts'
import type { Checkpoint } from './checkpoint.ts'
import { copyCompanions, writeConfiguration } from './companions.ts'
import { answersOf, compareAnswers, type Comparison, roomToCompare } from './compare.ts'
import type { Exported, ExportHooks } from './export-model.ts'
import { comparedPrompts } from './prompts.ts'

const types = {
  f32: { stored: 'F32', name: 'float32' },
  f16: { stored: 'F16', name: 'float16' },
  bf16: { stored: 'BF16', name: 'bfloat16' },
} as const

export interface SafetensorsOptions {
  readonly type: keyof typeof types
  readonly maxShardBytes?: number | undefined
}

/** What transformers takes by default: files of more than this are hard to move. */
const defaultShardBytes = 5e9

/** Writes a model folder anew with its weights in another type, a tensor at a time, in shards where there are many. */
export async function exportSafetensors(
  checkpoint: Checkpoint,
  out: string,
  { type, maxShardBytes = defaultShardBytes }: SafetensorsOptions,
  { compare, onProgress }: ExportHooks,
): Promise<Exported> {
  const { stored, name: typeName } = types[type]
  const { specifications, folder } = checkpoint
  let written = 0
  const tensors = specifications.map((specification): StreamedTensor => {
    const { name, shape, storedTransposed = false } = specification
    return {
      name,
      shape: storedTransposed ? shape.toReversed() : shape,
      dtype: stored,
      async read() {
        const values = await checkpoint.read(name)
        onProgress?.(++written, specifications.length)
        return toStored(specification, values).data as Float32Array
      },
    }
  })
  await writeFolderAtomic(out, async (temporary) => {
    await writeSafetensorsFolder(temporary, tensors, { metadata: { format: 'pt' }, maxShardBytes })
    await writeConfiguration(checkpoint, temporary, { torch_dtype: typeName })
    await copyCompanions(folder, temporary)
  })
  const small = compare ? roomToCompare(checkpoint.family, checkpoint.configuration) : undefined
  return {
    format: 'safetensors',
    type,
    out,
    tensors: { [stored]: tensors.length },
    notes: small === undefined ? [] : [small],
    comparisons: compare && small === undefined ? [await compareFolders(checkpoint, out)] : [],
  }
}

async function compareFolders({ folder, configuration }: Checkpoint, out: string): Promise<Comparison> {
  const prompts = await comparedPrompts(folder, configuration)
  const wanted = await answersOf(await openModel(folder), prompts)
  return compareAnswers('yuksu', wanted, await answersOf(await openModel(out), prompts))
}
