import { YuksuError } from '../../errors.ts'
import { otherWeights } from '../safetensors-folder.ts'
import type { HubFile } from './client.ts'

const weights = 'model.safetensors'
const weightsIndex = 'model.safetensors.index.json'

/** Configuration, tokenizer and templates: of a repository's files those that a model folder needs besides its weights. */
export function supportFiles(files: readonly HubFile[]): HubFile[] {
  return files.filter(
    ({ path }) =>
      /\.(json|jinja|model)$|^(vocab|merges)\.txt$/.test(path) &&
      !/\.index\.json$|^trainer_state\.json$|^\./.test(path),
  )
}

/** The index of the weights, where they are in shards. */
export function indexFile(files: readonly HubFile[]): HubFile | undefined {
  return files.some(({ path }) => path === weights)
    ? undefined
    : files.find(({ path }) => path === weightsIndex)
}

/**
 * The files of weights: one, or the shards that `index` (the content of the index file) lists, or those of an adapter. Throws where there are
 * none, with what to do where they are in another format.
 */
export function weightFiles(files: readonly HubFile[], model: string, index?: string): HubFile[] {
  const named = (path: string) => files.filter((file) => file.path === path)
  if (index === undefined) {
    const found = [weights, 'adapter_model.safetensors'].flatMap(named)
    if (found.length > 0) return found
    throw (
      otherWeights(
        model,
        files.map(({ path }) => path),
      ) ??
      new YuksuError(
        'hub-no-weights',
        `${model} has no model.safetensors, nor shards with an index; give the name of a model with weights`,
      )
    )
  }
  const shards = shardNames(index, model)
  const missing = shards.find((path) => named(path).length === 0)
  if (missing !== undefined) {
    throw new YuksuError(
      'hub-no-weights',
      `${weightsIndex} of ${model} lists ${JSON.stringify(missing)}, which the repository does not hold`,
    )
  }
  return shards.flatMap(named)
}

/** The files that an index of shards lists. */
export function shardNames(index: string, model: string): string[] {
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map: Record<string, unknown> }
    return [...new Set(Object.values(map).map(String))]
  } catch (cause) {
    throw new YuksuError('hub-no-weights', `${weightsIndex} of ${model} is not an index of shards`, { cause })
  }
}
