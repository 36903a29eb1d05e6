import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Model, openModel } from '../models/model.ts'
import {
  averageCheckpoints,
  checkpointFolder,
  checkpointSteps,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
  type TrainingState,
} from './checkpoint.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { randomExamples, stepOptions, tinyBart } from './testing.ts'
import { TrainingStep } from './training-step.ts'

const state: TrainingState = {
  step: 4,
  epoch: 1,
  stepInEpoch: 2,
  totalSteps: 30,
  seconds: 1.5,
  best: { step: 2, value: 0.25 },
  evaluationsSinceBest: 1,
  evaluationDue: true,
}
const nothing = async () => {}

let scratch: string
let step: TrainingStep
const model = tinyBart()

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-checkpoint-'))
  step = new TrainingStep(model, sequenceToSequence, stepOptions)
  await step.run([randomExamples(4)], 1, 0.01)
  await writeCheckpoint(scratch, state, model, step.parameters, nothing)
})
afterAll(async () => {
  await step.release()
  await rm(scratch, { recursive: true })
})

describe('a checkpoint', () => {
  it('brings back weights, optimizer state and position to the bit', async () => {
    const other = tinyBart()
    const fresh = new TrainingStep(other, sequenceToSequence, stepOptions)
    expect(await readCheckpoint(checkpointFolder(scratch, 4), other, fresh.parameters)).toEqual(state)
    for (const [index, { weights, state }] of step.parameters.entries()) {
      expect(fresh.parameters[index]!.weights.data).toEqual(weights.data)
      for (const [key, { data }] of Object.entries(state))
        expect(fresh.parameters[index]!.state[key]!.data).toEqual(data)
      expect(Object.keys(state)).toEqual(['mean', 'square'])
    }
    await fresh.release()
  })

  it('is a model folder', async () => {
    const opened = await openModel(checkpointFolder(scratch, 4))
    expect([...opened.parameters.values()].map(({ data }) => data)).toEqual(
      [...model.parameters.values()].map(({ data }) => data),
    )
  })

  const damages: [string, (folder: string) => Promise<unknown>][] = [
    ['state is cut off', (folder) => truncate(join(folder, 'training-state.json'), 20)],
    ['state is of another kind', (folder) => writeFile(join(folder, 'training-state.json'), '{"step": "4"}')],
    ['state is gone', (folder) => rm(join(folder, 'training-state.json'))],
    ['optimizer file is gone', (folder) => rm(join(folder, 'optimizer.safetensors'))],
    ['optimizer file is cut off', (folder) => truncate(join(folder, 'optimizer.safetensors'), 4000)],
    ['weights are gone', (folder) => rm(join(folder, 'model.safetensors'))],
    ['weights are cut off', (folder) => truncate(join(folder, 'model.safetensors'), 4000)],
  ]

  it.each(damages)('whose %s is an error of one line that names the place', async (_, damage) => {
    const folder = await mkdtemp(join(scratch, 'damaged-'))
    await cp(checkpointFolder(scratch, 4), folder, { recursive: true })
    await damage(folder)
    const error: unknown = await readCheckpoint(folder, tinyBart(), step.parameters).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ name: 'YuksuError' })
    const { message } = error as Error
    expect(message).toContain(folder)
    expect(message).not.toContain('\n')
  })

  it('is found only whole, in the order of steps', async () => {
    const folder = await mkdtemp(join(scratch, 'several-'))
    for (const number of [100, 20, 3]) {
      await writeCheckpoint(folder, { ...state, step: number }, model, step.parameters, nothing)
    }
    const failing = writeCheckpoint(folder, { ...state, step: 101 }, model, step.parameters, async () => {
      throw new Error('no tokenizer')
    })
    await expect(failing).rejects.toThrow('no tokenizer')
    expect(await checkpointSteps(folder)).toEqual([3, 20, 100])
    expect(await checkpointSteps(join(scratch, 'nowhere'))).toEqual([])
    await pruneCheckpoints(folder, 2, new Set([3]))
    expect(await checkpointSteps(folder)).toEqual([3, 100])
  })
})

describe('the average of checkpoints', () => {
  it('is the mean of each weight', async () => {
    const folder = await mkdtemp(join(scratch, 'mean-'))
    const values = [0.25, 1, -0.5]
    for (const [index, value] of values.entries()) {
      const constant = tinyBart()
      for (const { data } of constant.parameters.values()) data.fill(value)
      await writeCheckpoint(folder, { ...state, step: index }, constant, step.parameters, nothing)
    }
    const averaged = tinyBart()
    await averageCheckpoints(
      [0, 1, 2].map((index) => checkpointFolder(folder, index)),
      averaged,
    )
    for (const { data } of averaged.parameters.values()) expect(new Set(data)).toEqual(new Set([0.25]))
  })

  it('of one is that one, where files hold matrices the other way round too', async () => {
    const gpt2 = await openModel(join(import.meta.dirname, '../models/fixtures/gpt2'))
    const folder = await mkdtemp(join(scratch, 'transposed-'))
    await writeCheckpoint(folder, { ...state, step: 0 }, gpt2, [], nothing)
    const averaged = new Model(gpt2.family, gpt2.configuration)
    await averageCheckpoints([checkpointFolder(folder, 0)], averaged)
    for (const [name, { data }] of gpt2.parameters) expect(averaged.parameters.get(name)!.data).toEqual(data)
  })
})

/** A file system of one megabyte, where the machine lets us mount one. */
function mountSmallDisk(): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'yuksu-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' })
    return disk
  } catch {
    rmSync(disk, { recursive: true })
    return undefined
  }
}

const disk = mountSmallDisk()

describe.skipIf(disk === undefined)('a full disk (skipped where tmpfs cannot be mounted)', () => {
  afterAll(() => {
    execFileSync('umount', ['-l', disk!])
    rmSync(disk!, { recursive: true })
  })

  it('leaves the checkpoint before as it was, and nothing of the new one', async () => {
    await writeCheckpoint(disk!, state, model, step.parameters, nothing)
    const weights = readFileSync(join(checkpointFolder(disk!, 4), 'model.safetensors'))
    const failing = writeCheckpoint(disk!, { ...state, step: 5 }, model, step.parameters, async (folder) =>
      writeFileSync(join(folder, 'large'), new Uint8Array(2 << 20)),
    )
    await expect(failing).rejects.toMatchObject({ code: 'disk-full' })
    expect(await readdir(disk!)).toEqual(['step-4'])
    expect(readFileSync(join(checkpointFolder(disk!, 4), 'model.safetensors'))).toEqual(weights)
  })
})
