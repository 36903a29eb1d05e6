import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adapt } from '../adapters/adapter.ts'
import { adapterParameters, openAdapter } from '../adapters/adapter-folder.ts'
import { lowRank } from '../adapters/low-rank.ts'
import type { Model } from '../models/model.ts'
import { quantizeModel } from '../quantize/quantize-model.ts'
import { createRun, openRun } from '../runs/run.ts'
import { checkpointFolder, checkpointSteps } from './checkpoint.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { largestDifference, randomExamples, stepOptions, tinyBart } from './testing.ts'
import { train, type TrainerOptions } from './trainer.ts'
import { TrainingStep } from './training-step.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-adapter-training-'))
})
afterAll(() => rm(scratch, { recursive: true }))

const base = await quantizeModel(tinyBart(), { format: 'int8' })
const adapter = lowRank({ rank: 2, alpha: 4, targets: ['q_proj', 'v_proj'], dropout: 0.1 })

/** Trains in `folder`, going on with what is there, as a new process would: with an adapter made anew. */
async function session(name: string, changes: Partial<TrainerOptions> = {}) {
  const folder = join(scratch, name)
  const settings = { recipe: {}, seed: 3 }
  const run = await openRun(folder, settings).catch(() => createRun(folder, settings))
  const checkpoints = run.path('checkpoints')
  await mkdir(checkpoints, { recursive: true })
  const model = adapt(base, adapter, 3)
  await train({
    model,
    objective: sequenceToSequence,
    examples: randomExamples(10),
    run,
    stage: 'training',
    checkpoints,
    seed: 3,
    maxSteps: 6,
    learningRate: 0.01,
    schedule: 'cosine',
    warmup: 2,
    optimizer: stepOptions.optimizer,
    maxGradientNorm: 1,
    labelSmoothing: 0.1,
    gradientAccumulationSteps: 2,
    maxTokensPerBatch: 64,
    saveEverySteps: 2,
    saveTotalLimit: 3,
    loadBestModelAtEnd: false,
    averageCheckpoints: 0,
    threads: 1,
    writeExtras: async () => {},
    ...changes,
  }).finally(() => run.close())
  return { model, checkpoints }
}

const values = (model: Model) =>
  adapterParameters(model).map(({ name }) => [name, model.parameters.get(name)!.data] as const)

describe('training an adapter on a quantized model', () => {
  it('resumes to the same bits', async () => {
    const whole = await session('whole')
    const controller = new AbortController()
    const onProgress: TrainerOptions['onProgress'] = ({ step }) => step === 3 && controller.abort()
    await session('resumed', { onProgress, signal: controller.signal })
    const resumed = await session('resumed')
    expect(values(resumed.model)).toEqual(values(whole.model))
    expect(values(adapt(base, adapter, 3))).not.toEqual(values(whole.model))
  })

  it('leaves checkpoints that are adapter folders, without the base', async () => {
    const { model, checkpoints } = await session('folders')
    const last = checkpointFolder(checkpoints, 6)
    const names = await readdir(last)
    expect(names).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']))
    expect(names).not.toContain('model.safetensors')
    expect(values(await openAdapter(last, base))).toEqual(values(model))
  })

  it('computes the same layer by layer in little memory', async () => {
    const rows = randomExamples(5)
    const results: Float32Array[] = []
    for (const memory of ['fast', 'low'] as const) {
      const step = new TrainingStep(adapt(base, adapter, 3), sequenceToSequence, { ...stepOptions, memory })
      for (const count of [1, 2]) await step.run([rows.slice(0, 2), rows.slice(2)], count, 0.01)
      results.push(Float32Array.from(step.parameters.flatMap(({ gradient }) => [...gradient.data])))
      await step.release()
    }
    expect(Math.max(...results[0]!)).toBeGreaterThan(0.01)
    expect(largestDifference(results[1]!, results[0]!)).toBeLessThan(1e-6)
  })

  it('averages the adapters of the last checkpoints', async () => {
    const { model, checkpoints } = await session('averaged', { averageCheckpoints: 2 })
    const steps = (await checkpointSteps(checkpoints)).slice(-2)
    expect(steps).toEqual([4, 6])
    const [first, second] = await Promise.all(
      steps.map(async (step) => values(await openAdapter(checkpointFolder(checkpoints, step), base))),
    )
    for (const [index, [, data]] of values(model).entries()) {
      const mean = data.map((_, at) => (first![index]![1][at]! + second![index]![1][at]!) / 2)
      data.forEach((value, at) => expect(value).toBeCloseTo(mean[at]!, 6))
    }
  })
})
