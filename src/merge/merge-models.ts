import { type Checkpoint, openCheckpoint } from '../export/checkpoint.ts'
import { checkParents } from './check-parents.ts'
import {
  mergeError,
  type MergeSettings,
  mergeTensor,
  needsBase,
  type ResolvedMerge,
  resolveMerge,
} from './merge-tensors.ts'
import { checkOut, type MergedModel, writeMerged, type WriteOptions } from './write-merged.ts'

export interface MergeOptions extends MergeSettings, WriteOptions {
  /** The folder of the model that the others were trained from, for methods that merge what they learned beyond it. */
  readonly base?: string | undefined
}

export interface Merged extends MergedModel {
  readonly settings: ResolvedMerge
}

/**
 * Merges model folders of one shape into a new one, a tensor at a time. Settings, tokenizer and type of the weights are those of the base, or
 * of the first model where there is none. Throws YuksuError before anything is written where the models are not alike or the settings do not fit.
 */
export async function mergeModels(folders: readonly string[], options: MergeOptions): Promise<Merged> {
  const { method, base: baseFolder } = options
  const settings = resolveMerge(options, folders.length)
  if (folders.length < 2 && !needsBase(method))
    throw mergeError(`${method} needs two models or more, given ${folders.length}`)
  if (needsBase(method) !== (baseFolder !== undefined)) {
    throw mergeError(
      needsBase(method)
        ? `${method} needs the model that the others were trained from; give its folder as the base`
        : `${method} has no base; leave it out or use task-arithmetic, ties or dare`,
    )
  }
  const parents: Checkpoint[] = []
  try {
    for (const folder of [...(baseFolder === undefined ? [] : [baseFolder]), ...folders])
      parents.push(await openCheckpoint(folder))
    await checkParents(parents)
    await checkOut(options.out, parents)
    const like = parents[0]!
    const [base, models] = baseFolder === undefined ? [undefined, parents] : [like, parents.slice(1)]
    const merged = await writeMerged(
      like,
      {
        parents,
        record: { merge: settings },
        specifications: like.specifications,
        async read({ name }, place) {
          const values: Float32Array[] = []
          for (const model of models) values.push(await model.read(name))
          return mergeTensor(values, await base?.read(name), settings, place)
        },
      },
      options,
    )
    return { ...merged, settings }
  } finally {
    for (const parent of parents) await parent.close()
  }
}
