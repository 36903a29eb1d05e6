import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from './atomic-file.ts'
import {
  checkTensors,
  type StoredTensor,
  type StreamedTensor,
  type TensorData,
  writeStoredTensors,
} from './safetensors-write.ts'
import { writeError } from './write-error.ts'

export interface WriteFolderOptions {
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Bytes of tensors that one file holds at most, but for a larger tensor, which has one of its own; without it all are in one. */
  readonly maxShardBytes?: number | undefined
}

const weightsFile = 'model.safetensors'
const indexFile = 'model.safetensors.index.json'

/**
 * Writes the weights of a model into a folder that exists: `model.safetensors`, or where that would be larger than `maxShardBytes` the
 * shards `model-00001-of-0000N.safetensors` with their index, as the reference libraries name them. The tensors keep their order over the
 * shards. Weights that were there are gone afterwards, so that none are read by mistake; cut off in between, the folder has no weights
 * rather than a mixture. Throws as `writeSafetensors`.
 */
export async function writeSafetensorsFolder(
  folder: string,
  tensors: readonly (TensorData | StreamedTensor)[],
  { metadata, maxShardBytes = Infinity }: WriteFolderOptions = {},
): Promise<void> {
  if (!(maxShardBytes > 0)) {
    throw new YuksuError(
      'shard-size',
      `shards of ${maxShardBytes} bytes were asked for; give a number above 0, such as 5e9`,
    )
  }
  const shards = intoShards(checkTensors(tensors), maxShardBytes)
  if (shards.length === 1) {
    await writeStoredTensors(join(folder, weightsFile), shards[0]!, metadata)
    await removeWeights(folder, new Set([weightsFile]))
    return
  }
  await removeWeights(folder, new Set())
  const weightMap: [string, string][] = []
  for (const [place, shard] of shards.entries()) {
    const name = `model-${fiveDigits(place + 1)}-of-${fiveDigits(shards.length)}.safetensors`
    await writeStoredTensors(join(folder, name), shard, metadata)
    for (const { tensor } of shard) weightMap.push([tensor.name, name])
  }
  const total = shards.flat().reduce((sum, { byteLength }) => sum + byteLength, 0)
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(weightMap) }
  await writeFileAtomic(join(folder, indexFile), `${JSON.stringify(index, null, 2)}\n`)
}

/** One after another as long as they fit; at least one shard. */
function intoShards(tensors: readonly StoredTensor[], limit: number): StoredTensor[][] {
  const shards: StoredTensor[][] = [[]]
  let bytes = 0
  for (const stored of tensors) {
    if (bytes + stored.byteLength > limit && shards.at(-1)!.length > 0) {
      shards.push([])
      bytes = 0
    }
    shards.at(-1)!.push(stored)
    bytes += stored.byteLength
  }
  return shards
}

/** Removes the weights in the folder but those kept, the index first: without it no shard is read. */
async function removeWeights(folder: string, kept: ReadonlySet<string>): Promise<void> {
  try {
    const names = (await readdir(folder)).filter((name) =>
      /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/.test(name),
    )
    names.sort((a, b) => Number(b === indexFile) - Number(a === indexFile))
    for (const name of names) if (!kept.has(name)) await rm(join(folder, name))
  } catch (error) {
    throw writeError(folder, error)
  }
}

function fiveDigits(number: number): string {
  return String(number).padStart(5, '0')
}
