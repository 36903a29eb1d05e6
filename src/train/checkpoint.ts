import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  adapterParameters,
  adapterTensorName,
  adapterWeightsFile,
  readAdapter,
  writeAdapter,
} from '../adapters/adapter-folder.ts'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic, writeFolderAtomic } from '../formats/atomic-file.ts'
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts'
import type { Model } from '../models/model.ts'
import { readStored } from '../models/stored-tensors.ts'
import type { OptimizedParameter } from './optimizers/optimizer.ts'

/** Where a training run stands between two steps: with the weights and the optimizer's state, all that resuming needs. */
export interface TrainingState {
  /** Optimizer steps taken. */
  readonly step: number
  /** The passes over the data that are complete. */
  readonly epoch: number
  /** Steps taken in the present pass. */
  readonly stepInEpoch: number
  /** Fixed when training begins, or once a time limit has been turned into steps. */
  readonly totalSteps: number
  /** Seconds spent in steps, over all sessions of the run. */
  readonly seconds: number
  readonly best: { readonly step: number; readonly value: number } | null
  /** Evaluations since the best one. */
  readonly evaluationsSinceBest: number
  /** True where this step is to be evaluated and was not yet: a resumed run begins with that. */
  readonly evaluationDue: boolean
}

const count = z.number().int().min(0)

const stateSchema: z.ZodType<TrainingState> = z.object({
  step: count,
  epoch: count,
  stepInEpoch: count,
  totalSteps: count,
  seconds: z.number(),
  best: z.object({ step: count, value: z.number() }).nullable(),
  evaluationsSinceBest: count,
  evaluationDue: z.boolean().default(false),
})

const prefix = 'step-'

/** The steps that have a whole checkpoint in the folder, ascending. */
export async function checkpointSteps(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => new RegExp(`^${prefix}\\d+$`).test(name))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b)
}

export function checkpointFolder(folder: string, step: number): string {
  return join(folder, `${prefix}${step}`)
}

/**
 * Writes a checkpoint: a model folder that can be used as it is, or the folder of an adapter where the model has one, with the
 * optimizer's state beside the weights. It appears whole or not at all. `extras` adds what the model folder needs besides (the
 * tokenizer, say).
 */
export async function writeCheckpoint(
  folder: string,
  state: TrainingState,
  model: Model,
  parameters: readonly OptimizedParameter[],
  extras: (folder: string) => Promise<void>,
): Promise<void> {
  await writeFolderAtomic(checkpointFolder(folder, state.step), async (temporary) => {
    await (hasAdapter(model) ? writeAdapter(temporary, model) : model.write(temporary))
    await extras(temporary)
    const tensors = parameters.flatMap(({ name, state }) =>
      Object.entries(state).map(([key, { data }]) => ({
        name: `${key}.${name}`,
        shape: [data.length],
        data,
      })),
    )
    await writeSafetensors(join(temporary, 'optimizer.safetensors'), tensors)
    await writeState(temporary, state)
  })
}

/** Writes the state of a checkpoint anew, whose weights are as they were: an evaluation changes nothing else. */
export async function updateCheckpoint(folder: string, state: TrainingState): Promise<void> {
  await writeState(checkpointFolder(folder, state.step), state)
}

function writeState(folder: string, state: TrainingState): Promise<void> {
  return writeFileAtomic(join(folder, 'training-state.json'), `${JSON.stringify(state, null, 2)}\n`)
}

/** Reads weights, optimizer state and position back into a model that is set up for training. */
export async function readCheckpoint(
  folder: string,
  model: Model,
  parameters: readonly OptimizedParameter[],
): Promise<TrainingState> {
  await readWeights(folder, model)
  const optimizer = await openSafetensors(join(folder, 'optimizer.safetensors'))
  try {
    for (const { name, state } of parameters) {
      for (const [key, { data }] of Object.entries(state)) await optimizer.readInto(`${key}.${name}`, data)
    }
  } finally {
    await optimizer.close()
  }
  const path = join(folder, 'training-state.json')
  try {
    return stateSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new YuksuError(
      'damaged-checkpoint',
      `${path} cannot be read; remove ${folder} to resume from the one before`,
      {
        cause: error,
      },
    )
  }
}

/** Reads the weights of a checkpoint into the model, wherever its parameters live. */
export async function readWeights(folder: string, model: Model): Promise<void> {
  if (hasAdapter(model)) return readAdapter(folder, model)
  const file = await openSafetensors(join(folder, 'model.safetensors'))
  try {
    await model.read(file, folder)
  } finally {
    await file.close()
  }
}

/** What is not in a checkpoint then is as it was before training. */
function hasAdapter({ extensions }: Model): boolean {
  return extensions.length > 0
}

/** Replaces the model's weights by the mean of those of the checkpoints. */
export async function averageCheckpoints(folders: readonly string[], model: Model): Promise<void> {
  const adapted = hasAdapter(model)
  const weights = adapted ? adapterWeightsFile : 'model.safetensors'
  const files = await Promise.all(folders.map((folder) => openSafetensors(join(folder, weights))))
  try {
    for (const specification of adapted ? adapterParameters(model) : model.specifications) {
      const { name } = specification
      const stored = adapted ? adapterTensorName(name) : name
      const { data } = model.parameters.get(name)!
      const sums = new Float64Array(data.length)
      for (const file of files) {
        const values = await readStored(file, { ...specification, stored })
        for (let index = 0; index < sums.length; index++) sums[index]! += values[index]!
      }
      for (let index = 0; index < sums.length; index++) data[index] = sums[index]! / files.length
    }
  } finally {
    for (const file of files) await file.close()
  }
}

/**
 * Removes the oldest checkpoints beyond `limit`; those named by `keep` are never removed and count too. Those that
 * `isExtra` names, which an interruption left, go first and do not count.
 */
export async function pruneCheckpoints(
  folder: string,
  limit: number,
  keep: ReadonlySet<number>,
  isExtra: (step: number) => boolean = () => false,
): Promise<void> {
  const steps = await checkpointSteps(folder)
  const extra = steps.filter((step) => isExtra(step) && !keep.has(step))
  const removable = steps.filter((step) => !keep.has(step) && !extra.includes(step))
  const excess = Math.min(removable.length, Math.max(0, steps.length - extra.length - limit))
  for (const step of [...extra, ...removable.slice(0, excess)]) {
    await rm(checkpointFolder(folder, step), { recursive: true, force: true })
  }
}
