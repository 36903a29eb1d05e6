import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensors } from '../formats/safetensors.ts'
import { createEngineModel } from '../generate/engine-model.ts'
import { generate } from '../generate/generate.ts'
import type { Model } from '../models/model.ts'
import { createRun, openRun } from '../runs/run.ts'
import type { RunEvent } from '../runs/run.ts'
import { checkpointFolder, checkpointSteps, type TrainingState } from './checkpoint.ts'
import { interchangeTokens } from './interchange-tokens.ts'
import { minimumRisk } from './objectives/minimum-risk.ts'
import type { Example } from './objectives/objective.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { randomExamples, stepOptions, tinyBart } from './testing.ts'
import { train, type PreparedBatch, type TrainerOptions, type TrainingResult } from './trainer.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-trainer-'))
})
afterAll(() => rm(scratch, { recursive: true }))

const interchangeable = new Set([3, 4, 5, 6, 7, 8])

interface Session {
  readonly result: TrainingResult
  readonly model: Model
  readonly checkpoints: string
  readonly events: RunEvent[]
}

/** Trains in `folder`, going on with what is there, as a new process would: with a model made anew. */
async function session(
  folder: string,
  changes: Partial<TrainerOptions> = {},
  model = tinyBart({ dropout: 0.1, copyHead: true }),
): Promise<Session> {
  const settings = { recipe: {}, seed: 3 }
  const run = await openRun(folder, settings).catch(() => createRun(folder, settings))
  const checkpoints = run.path('checkpoints')
  await mkdir(checkpoints, { recursive: true })
  try {
    const result = await train({
      model,
      objective: sequenceToSequence,
      examples: randomExamples(10),
      run,
      stage: 'training',
      checkpoints,
      seed: 3,
      epochs: 6,
      learningRate: 0.01,
      schedule: 'cosine',
      warmup: 2,
      optimizer: stepOptions.optimizer,
      maxGradientNorm: 1,
      labelSmoothing: 0.1,
      gradientAccumulationSteps: 2,
      maxTokensPerBatch: 64,
      transform: (example, place) => interchangeTokens(example, interchangeable, place),
      saveEverySteps: 4,
      saveTotalLimit: 3,
      loadBestModelAtEnd: false,
      averageCheckpoints: 0,
      threads: 1,
      writeExtras: async () => {},
      ...changes,
    })
    const events: RunEvent[] = []
    for await (const event of run.events()) events.push(event)
    return { result, model, checkpoints, events }
  } finally {
    run.close()
  }
}

/** Options that stop a session once `step` steps are done, as Ctrl-C does. */
function stopAfter(step: number): Partial<TrainerOptions> {
  const abort = new AbortController()
  return {
    signal: abort.signal,
    onProgress: (progress) => {
      if (progress.step === step) abort.abort()
    },
  }
}

/** The bytes of the last checkpoint, and its state but for the time it took. */
async function lastCheckpoint({ checkpoints }: Session) {
  const folder = checkpointFolder(checkpoints, (await checkpointSteps(checkpoints)).at(-1)!)
  const state = JSON.parse(await readFile(join(folder, 'training-state.json'), 'utf8')) as TrainingState
  return {
    weights: await readFile(join(folder, 'model.safetensors')),
    optimizer: await readFile(join(folder, 'optimizer.safetensors')),
    state: { ...state, seconds: 0 },
  }
}

function weightsOf(model: Model): Float32Array[] {
  return [...model.parameters.values()].map(({ data }) => data)
}

/** An evaluation with given outcomes, one after another over all sessions. */
function outcomes(values: readonly number[]): NonNullable<TrainerOptions['evaluate']> {
  let index = 0
  return async () => ({ value: values[index++] ?? 0, scores: {} })
}

/** A `prepare` that weighs two targets by the model's own likeliest token, read from the weights as they are. */
function firstTokenAttempts(model: Model) {
  const engine = createEngineModel(model, { threads: 1 })
  return {
    prepare: async (examples: readonly Example[]): Promise<PreparedBatch> => {
      const written = await generate(
        engine,
        { inputIds: examples.map(({ source }) => [...source]) },
        { maxNewTokens: 3, eosTokenId: 2, decoderStartTokenId: 0 },
      )
      return {
        examples: examples.map((example, row) => ({
          ...example,
          candidates: [
            { target: Int32Array.from(written[row]!.tokens), weight: -0.3 },
            { target: example.target, weight: 1 },
          ],
        })),
        measures: { candidates: 2 },
      }
    },
    release: () => engine.release(),
  }
}

const folder = (name: string) => join(scratch, name)

describe('a run that was stopped and resumed', () => {
  it('ends with the bits of one that never stopped', async () => {
    const whole = await session(folder('whole'))
    expect(whole.result.interrupted).toBe(false)
    expect(whole.result.step).toBeGreaterThan(8)
    // In the first pass, right at a checkpoint, and between two.
    for (const step of [1, 4, 7]) {
      const { result } = await session(folder('stopped'), stopAfter(step))
      expect(result).toMatchObject({ step, interrupted: true })
    }
    const stopped = await session(folder('stopped'))
    expect(stopped.result).toMatchObject({ step: whole.result.step, interrupted: false })
    expect(weightsOf(stopped.model)).toEqual(weightsOf(whole.model))
    expect(await lastCheckpoint(stopped)).toEqual(await lastCheckpoint(whole))
    // What an interruption left is gone again.
    expect(await checkpointSteps(stopped.checkpoints)).toEqual(await checkpointSteps(whole.checkpoints))
    expect(stopped.events.map(({ type }) => type)).toContain('training-resumed')
    // Dropout, the order of rows and the names exchanged all matter to the outcome.
    const other = await session(folder('other'), { seed: 4 })
    expect(weightsOf(other.model)).not.toEqual(weightsOf(whole.model))
  })

  it('learns the same from its own attempts, which depend on the weights', async () => {
    const learning = { objective: minimumRisk, maxSteps: 6, saveEverySteps: 2, transform: undefined }
    const attempting = (name: string, changes: Partial<TrainerOptions> = {}) => {
      const model = tinyBart({ dropout: 0.1, copyHead: true })
      const attempts = firstTokenAttempts(model)
      const options = { ...learning, prepare: attempts.prepare, ...changes } as Partial<TrainerOptions>
      return session(folder(name), options, model).finally(() => attempts.release())
    }
    const whole = await attempting('attempts-whole')
    await attempting('attempts-stopped', stopAfter(3))
    const stopped = await attempting('attempts-stopped')
    expect(stopped.result.step).toBe(6)
    expect(weightsOf(stopped.model)).toEqual(weightsOf(whole.model))
    // What was measured while preparing is in the record.
    expect(stopped.events.find(({ type }) => type === 'step-finished')).toMatchObject({
      candidates: expect.closeTo(2, 9) as number,
    })
  })

  it('averages the same checkpoints', async () => {
    const averaging = { averageCheckpoints: 2, saveTotalLimit: 1, saveEverySteps: 3 }
    const whole = await session(folder('average-whole'), averaging)
    const last = whole.result.step
    await session(folder('average-stopped'), { ...averaging, ...stopAfter(last - 1) })
    const stopped = await session(folder('average-stopped'), averaging)
    expect(weightsOf(stopped.model)).toEqual(weightsOf(whole.model))
  })

  it('makes up for an evaluation that was cut off', async () => {
    const scored = { evaluateEverySteps: 4, maxSteps: 8, loadBestModelAtEnd: true }
    const failing = session(folder('evaluation'), {
      ...scored,
      evaluate: async () => {
        throw new Error('killed')
      },
    })
    await expect(failing).rejects.toThrow('killed')
    const { result, events } = await session(folder('evaluation'), {
      ...scored,
      evaluate: outcomes([0.9, 0.3]),
    })
    expect(result.best).toEqual({ step: 4, value: 0.9 })
    expect(events.filter(({ type }) => type === 'evaluation-finished').map(({ step }) => step)).toEqual([
      4, 8,
    ])
  })

  it('has nothing left to do where it was finished', async () => {
    const first = await session(folder('finished'), { maxSteps: 3 })
    const again = await session(folder('finished'), { maxSteps: 3 })
    expect(again.result).toEqual(first.result)
    expect(weightsOf(again.model)).toEqual(weightsOf(first.model))
  })
})

describe('checkpoints', () => {
  it('keep the best beyond the limit, and the end is the best', async () => {
    const { model, checkpoints, result } = await session(folder('best'), {
      maxSteps: 5,
      evaluateEverySteps: 1,
      evaluate: outcomes([0.1, 0.7, 0.2, 0.7, 0.3]),
      saveTotalLimit: 2,
      loadBestModelAtEnd: true,
    })
    // Of equals the first.
    expect(result.best).toEqual({ step: 2, value: 0.7 })
    expect(await checkpointSteps(checkpoints)).toEqual([2, 5])
    const best = await openSafetensors(join(checkpointFolder(checkpoints, 2), 'model.safetensors'))
    for (const [name, { data }] of model.parameters) expect(await best.read(name)).toEqual(data)
    await best.close()
  })

  it('stop a run that no longer improves', async () => {
    const { result } = await session(folder('patience'), {
      maxSteps: 40,
      evaluateEverySteps: 2,
      evaluate: outcomes([0.5, 0.6, 0.4, 0.6, 0.9]),
      earlyStoppingPatience: 2,
    })
    expect(result).toMatchObject({ step: 8, interrupted: false, best: { step: 4, value: 0.6 } })
  })

  it('are averaged: the last ones, though the best is older', async () => {
    const { model, checkpoints, events } = await session(folder('mean'), {
      maxSteps: 6,
      evaluateEverySteps: 1,
      evaluate: outcomes([0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.95]),
      averageCheckpoints: 3,
      saveTotalLimit: 1,
      loadBestModelAtEnd: true,
    })
    expect(await checkpointSteps(checkpoints)).toEqual([1, 4, 5, 6])
    expect(events.find(({ type }) => type === 'checkpoints-averaged')).toMatchObject({ steps: [4, 5, 6] })
    const files = await Promise.all(
      [4, 5, 6].map((step) =>
        openSafetensors(join(checkpointFolder(checkpoints, step), 'model.safetensors')),
      ),
    )
    for (const [name, { data }] of model.parameters) {
      const [a, b, c] = await Promise.all(files.map((file) => file.read(name)))
      expect(data).toEqual(a!.map((value, index) => (value + b![index]! + c![index]!) / 3))
    }
    for (const file of files) await file.close()
  })

  it('are not averaged into something worse than the best', async () => {
    const { model, checkpoints } = await session(folder('worse'), {
      maxSteps: 3,
      evaluateEverySteps: 1,
      evaluate: outcomes([0.1, 0.9, 0.2, 0.8]),
      averageCheckpoints: 2,
      loadBestModelAtEnd: true,
    })
    const best = await openSafetensors(join(checkpointFolder(checkpoints, 2), 'model.safetensors'))
    for (const [name, { data }] of model.parameters) expect(await best.read(name)).toEqual(data)
    await best.close()
  })
})

describe('limits', () => {
  it('turn minutes into steps once, and keep them when resumed', async () => {
    const limit = { epochs: undefined, minutes: 1, saveEverySteps: 1000 } as Partial<TrainerOptions>
    const first = await session(folder('minutes'), { ...limit, ...stopAfter(31) })
    const calibrated = first.events.find(({ type }) => type === 'steps-calibrated')!
    expect(calibrated.totalSteps).toBeGreaterThan(30)
    let total = 0
    const stop = stopAfter(33)
    const second = await session(folder('minutes'), {
      ...limit,
      // Another limit would be another recipe; the steps of the first count.
      minutes: 50,
      ...stop,
      onProgress: (progress) => {
        total = progress.totalSteps
        stop.onProgress!(progress)
      },
    })
    expect(total).toBe(calibrated.totalSteps)
    expect(second.events.filter(({ type }) => type === 'steps-calibrated')).toHaveLength(1)
  })

  it('do not take the steps in which programs are made ready for the speed', async () => {
    const readySeconds = 2
    const { events } = await session(folder('ready'), {
      epochs: undefined,
      minutes: 1,
      saveEverySteps: 1000,
      prepare: async (examples, step) => {
        if (step === 1) await setTimeout(readySeconds * 1000)
        return { examples, measures: {} }
      },
      ...stopAfter(31),
    })
    const { secondsPerStep, totalSteps } = events.find(
      ({ type }) => type === 'steps-calibrated',
    )! as unknown as {
      secondsPerStep: number
      totalSteps: number
    }
    expect(secondsPerStep).toBeLessThan(readySeconds / 30)
    // What was spent on it is spent all the same.
    expect(30 + (60 - readySeconds) / secondsPerStep).toBeGreaterThan(totalSteps)
  })

  it('are asked for, and so are examples', async () => {
    await expect(session(folder('endless'), { epochs: undefined } as object)).rejects.toMatchObject({
      code: 'no-limit',
    })
    await expect(session(folder('empty'), { examples: [] })).rejects.toMatchObject({ code: 'no-examples' })
  })
})

it('learns to copy', async () => {
  const words = randomExamples(60).map(({ source }) => ({ source, target: source }))
  const losses: number[] = []
  await session(
    folder('copy'),
    {
      examples: words,
      epochs: undefined,
      maxSteps: 120,
      learningRate: 0.02,
      gradientAccumulationSteps: 1,
      maxTokensPerBatch: 512,
      labelSmoothing: 0,
      saveEverySteps: 1000,
      onProgress: ({ loss }) => losses.push(loss),
    } as Partial<TrainerOptions>,
    tinyBart({ copyHead: true, width: 32 }),
  )
  expect(losses[0]).toBeGreaterThan(2)
  expect(losses.at(-1)).toBeLessThan(1)
})
