import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { withDecodedWeights } from './bitsandbytes.ts'
import { readError } from './read-error.ts'
import { invalidSafetensors, quote } from './safetensors-header.ts'
import { openSafetensors } from './safetensors-read.ts'
import type { SafetensorsFile } from './safetensors-read.ts'

/**
 * Opens the weights of a model folder: `model.safetensors`, or the shards that
 * `model.safetensors.index.json` lists, as if they were one file. Weights that bitsandbytes stored in 4 bits
 * read as what they stand for. Throws as `openSafetensors`, `invalid-safetensors` where index and shards
 * disagree, and `pickled-weights` or `other-weights` where the folder has weights in another format alone.
 */
export async function openSafetensorsFolder(folder: string): Promise<SafetensorsFile> {
  const single = join(folder, 'model.safetensors')
  if (await isFile(single)) return decoded(await openSafetensors(single), single)
  const index = join(folder, 'model.safetensors.index.json')
  if (!(await isFile(index))) {
    throw (
      otherWeights(folder, await readdir(folder).catch(() => [])) ??
      new YuksuError(
        'missing-file',
        `${folder} holds neither model.safetensors nor model.safetensors.index.json; give the folder of a saved model`,
      )
    )
  }
  return decoded(await openShards(folder, index), index)
}

async function decoded(file: SafetensorsFile, source: string): Promise<SafetensorsFile> {
  try {
    return await withDecodedWeights(file, source)
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * What to tell a person whose model has weights, but not as safetensors, judged by the names of its files; undefined where there are none.
 * `model` is its folder or its name.
 */
export function otherWeights(model: string, names: readonly string[]): YuksuError | undefined {
  const pickled = names.find((name) =>
    /^(pytorch_model.*\.(bin|bin\.index\.json)|.+\.(pt|pth|ckpt))$/.test(name),
  )
  if (pickled !== undefined) {
    return new YuksuError(
      'pickled-weights',
      `${model} has its weights in ${pickled} alone, a pickle file, which is a program that opening runs; write them anew as safetensors with transformers: AutoModel.from_pretrained(MODEL).save_pretrained(FOLDER) with the model's own class in place of AutoModel, and AutoTokenizer the same way`,
    )
  }
  const other = names.find((name) => /\.(gguf|h5|msgpack|onnx|ot|tflite)$/.test(name))
  if (other === undefined) return undefined
  return new YuksuError(
    'other-weights',
    `${model} has its weights in ${other} alone; a model is opened from safetensors, so take the folder that this file was made from`,
  )
}

/** Opens the shards that the index file lists (`weight_map`: tensor name → file name) as one file. */
async function openShards(folder: string, index: string): Promise<SafetensorsFile> {
  const weightMap = await readWeightMap(index)
  const shards = new Map<string, SafetensorsFile>()
  const close = async () => {
    await Promise.all([...shards.values()].map((shard) => shard.close()))
  }
  try {
    for (const name of new Set(weightMap.values())) {
      shards.set(name, await openSafetensors(join(folder, name)))
    }
    for (const [tensor, name] of weightMap) {
      if (!shards.get(name)!.has(tensor)) {
        throw invalidSafetensors(
          index,
          `it places tensor ${quote(tensor)} in ${name}, which does not hold it`,
        )
      }
    }
    for (const [name, shard] of shards) {
      const stray = shard.names.find((tensor) => weightMap.get(tensor) !== name)
      if (stray !== undefined) {
        throw invalidSafetensors(
          index,
          `${name} holds tensor ${quote(stray)}, which the index does not place there`,
        )
      }
    }
  } catch (error) {
    await close()
    throw error
  }

  function shardOf(tensor: string): SafetensorsFile {
    const name = weightMap.get(tensor)
    if (name === undefined)
      throw new YuksuError('missing-tensor', `${index} lists no tensor ${quote(tensor)}`)
    return shards.get(name)!
  }

  return {
    names: [...shards.values()].flatMap((shard) => [...shard.names]),
    metadata: Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata)) as Record<
      string,
      string
    >,
    has: (tensor) => weightMap.has(tensor),
    describe: (tensor) => shardOf(tensor).describe(tensor),
    read: async (tensor) => shardOf(tensor).read(tensor),
    readInto: async (tensor, target) => shardOf(tensor).readInto(tensor, target),
    readPart: async (tensor, first, target) => shardOf(tensor).readPart(tensor, first, target),
    readRaw: async (tensor) => shardOf(tensor).readRaw(tensor),
    close,
  }
}

async function readWeightMap(index: string): Promise<Map<string, string>> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(index, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidSafetensors(index, 'it is not JSON')
    throw readError(index, error)
  }
  const found =
    typeof json === 'object' && json !== null && 'weight_map' in json ? json.weight_map : undefined
  if (typeof found !== 'object' || found === null) throw invalidSafetensors(index, 'it has no "weight_map"')
  const entries = Object.entries(found).map(([tensor, name]): [string, string] => {
    // A shard lies beside its index: a path that leads elsewhere is refused.
    if (typeof name !== 'string' || name !== basename(name) || name === '..' || name.includes('\\')) {
      throw invalidSafetensors(
        index,
        `the shard ${quote(String(name))} of tensor ${quote(tensor)} is not a file name`,
      )
    }
    return [tensor, name]
  })
  return new Map(entries)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
