import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { elementCount } from '../engine/dimension.ts'
import { HostMemory } from '../engine/memory.ts'
import { familyOfType } from '../models/families.ts'
import { llamaFixtures } from '../models/llama/testing.ts'
import { Model, openModel } from '../models/model.ts'
import { causal } from './objectives/causal.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { adamw } from './optimizers/adamw.ts'
import { adamw8Bit } from './optimizers/adamw-8-bit.ts'
import { sgd } from './optimizers/sgd.ts'
import { batchesToPlan, planTraining, TrainingPlanner } from './plan-training.ts'
import { randomExamples, tinyBart, tinyLlama } from './testing.ts'

type Configuration = Model['configuration']

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }
const options = { model: tinyLlama({ layers: 4 }), objective: causal, labelSmoothing: 0 }

describe('planTraining', () => {
  it('counts weights, gradients and what the optimizer keeps to the byte', () => {
    const { model } = options
    const numbers = model.specifications.reduce((total, { shape }) => total + elementCount(shape), 0)
    const batches = [{ batch: 2, source: 0, target: 8 }]
    for (const optimizer of [
      adamw(adam),
      adamw8Bit({ ...adam, minimumSize: 1 }),
      sgd({ momentum: 0.9, nesterov: false, weightDecay: 0 }),
    ]) {
      const plan = planTraining({ ...options, optimizer, batches })
      const kept = model.specifications.flatMap(({ shape }) =>
        Object.values(optimizer.state(shape as number[])),
      )
      expect(plan).toMatchObject({
        weights: 4 * numbers,
        gradients: 4 * numbers,
        optimizerState: 4 * kept.reduce((total, length) => total + length, 0),
      })
      const { total, ...parts } = plan
      expect(total).toBe(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0))
    }
  })

  it('grows with the batch and its length, and hardly where all is done in parts', () => {
    const [fast, low] = (['fast', 'low'] as const).map(
      (memory) => new TrainingPlanner({ ...options, memory }),
    )
    const of = (planner: TrainingPlanner, batch: number, target: number) =>
      planner.plan({ optimizer: adamw(adam), batches: [{ batch, source: 0, target }] }).activations
    for (const planner of [fast!, low!]) {
      expect(of(planner, 128, 16)).toBeGreaterThan(1.5 * of(planner, 64, 16))
      expect(of(planner, 64, 24)).toBeGreaterThan(of(planner, 64, 16))
    }
    expect(of(low!, 256, 24)).toBeLessThan(0.6 * of(fast!, 256, 24))
  })

  it.each(llamaFixtures)('knows what %s holds, whole and in parts', async (name) => {
    const opened = await openModel(join(import.meta.dirname, '../models/fixtures', name))
    // Wide rows beside narrow weights, so that it is the activations that count.
    const model = new Model(opened.family, { ...opened.configuration, maxPositions: 512 } as Configuration)
    const of = (memory: 'fast' | 'low') =>
      new TrainingPlanner({ ...options, model, memory }).plan({
        optimizer: adamw(adam),
        batches: [{ batch: 4, source: 0, target: 256 }],
      }).activations
    // Scores of four heads, or two, of both layers and their gradient.
    expect(of('fast')).toBeGreaterThan(4 * 4 * 2 * 256 * 256 * 4)
    expect(of('fast')).toBeLessThan(1e9)
    expect(of('low')).toBeLessThan(of('fast'))
  })

  it('takes the most of all batches, in whatever order', () => {
    const planner = new TrainingPlanner(options)
    const sizes = [4, 64, 16].map((batch) => ({ batch, source: 0, target: 16 }))
    const of = (batches: typeof sizes) => planner.plan({ optimizer: adamw(adam), batches }).activations
    const largest = of([sizes[1]!])
    for (const order of [sizes, sizes.toReversed()]) {
      expect(of(order)).toBeGreaterThanOrEqual(largest)
      expect(of(order)).toBeLessThan(1.3 * largest)
    }
  })

  it('counts a dropout mask for each place', () => {
    const model = tinyBart({ dropout: 0.1, width: 32 })
    const batches = [{ batch: 3, source: 8, target: 4 }]
    const plan = (dropped: Model) =>
      planTraining({
        model: dropped,
        objective: sequenceToSequence,
        labelSmoothing: 0,
        optimizer: adamw(adam),
        batches,
      }).masks
    expect(plan(tinyBart({ width: 32 }))).toBe(0)
    // Embeddings and the two blocks of a layer of the encoder; embeddings and three blocks of the decoder.
    expect(plan(model)).toBe(4 * 32 * (3 * (3 * 8) + 4 * (3 * 4)))
  })

  it('takes none of the memory it speaks of', () => {
    const family = familyOfType('llama', 'the test')
    const sizes = { width: 8192, heads: 64, keyValueHeads: 8, decoderLayers: 2, dropout: 0 }
    const model = new Model(
      family,
      family.configure('llama', sizes, { size: 128_256, begin: 0, end: 1, padding: 2 }),
    )
    const allocate = vi.spyOn(HostMemory.prototype, 'allocate')
    const batches = [{ batch: 64, source: 0, target: 1024 }]
    const plan = planTraining({ ...options, model, optimizer: adamw(adam), batches })
    expect(plan.total).toBeGreaterThan(60 * 2 ** 30)
    expect(allocate).not.toHaveBeenCalled()
    allocate.mockRestore()
  })
})

describe('batchesToPlan', () => {
  it('has the batch with the most tokens of every epoch, or nearly', () => {
    const examples = randomExamples(200)
    const settings = {
      examples,
      objective: sequenceToSequence,
      gradientAccumulationSteps: 1,
      maxTokensPerBatch: 128,
    }
    const tokens = ({ batch, source, target }: Record<string, number>) => batch! * (source! + target!)
    const most = [1, 2, 3].map((seed) => Math.max(...batchesToPlan({ ...settings, seed }).map(tokens)))
    expect(Math.max(...most) / Math.min(...most)).toBeLessThan(1.1)
    expect(Math.min(...most)).toBeGreaterThan(100)
  })
})
