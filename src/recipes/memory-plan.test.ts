import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { YuksuError } from '../errors.ts'
import { familyOfType } from '../models/families.ts'
import { Model } from '../models/model.ts'
import { sequenceToSequence } from '../train/objectives/sequence-to-sequence.ts'
import { randomExamples } from '../train/testing.ts'
import { availableMemory, checkFits, planMargin, planStage, type PlannedStage } from './memory-plan.ts'
import { planRecipe } from './plan-recipe.ts'
import { recipeOptimizer } from './recipe-optimizer.ts'
import { runRecipe } from './run-recipe.ts'
import { recipeSchema } from './schema.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-memory-'))
  const rows = Array.from({ length: 30 }, (_, index) => ({
    dialogue: `A: ${index}번 방은 어디예요?\nB: ${index % 5}층에 있어요.`,
    summary: `${index}번 방은 ${index % 5}층에 있다.`,
  }))
  await writeFile(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
})
afterEach(() => rm(folder, { recursive: true }))

const gibibyte = 2 ** 30

function recipe(train: object = {}, others: object = {}) {
  const file = join(folder, 'rows.jsonl')
  return recipeSchema.parse({
    output: join(folder, 'run'),
    data: { train: file, validation: file },
    tokenizer: { vocabularySize: 300 },
    model: { width: 8, heads: 2, encoderLayers: 1, decoderLayers: 1 },
    train: { maxSteps: 1, maxTokensPerBatch: 8192, ...train },
    ...others,
  })
}

/** The plan of a training stage of a model that takes no memory, with these settings. */
function plan(train: object, width: number) {
  const whole = recipe(train)
  const { maxTokensPerBatch, gradientAccumulationSteps, memory } = whole.train
  const family = familyOfType('mbart', 'the test')
  const sizes = { width, heads: 4, encoderLayers: 1, decoderLayers: 1, dropout: 0.1 }
  const vocabulary = { size: 2000, begin: 0, end: 2, padding: 1 }
  const options: PlannedStage['options'] = {
    model: new Model(family, family.configure('mbart', sizes, vocabulary)),
    objective: sequenceToSequence,
    examples: randomExamples(800),
    optimizer: recipeOptimizer(whole.train),
    labelSmoothing: 0.1,
    seed: 1,
    memory,
    maxTokensPerBatch,
    gradientAccumulationSteps,
  }
  const stage = { label: 'training', options, memory: { batchSetting: 'train.maxTokensPerBatch' as const } }
  return planStage(whole, stage, 100e6)
}

describe('the plan of a stage', () => {
  it('names a batch and steps that fit, are as many tokens a step, and are the most that fit', () => {
    const { total, activations } = plan({}, 128)
    const memoryLimit = (total - 0.7 * activations) / gibibyte
    const { fits, instead } = plan({ memoryLimit }, 128)
    expect([fits, instead!.fits]).toEqual([false, true])
    const { 'train.maxTokensPerBatch': tokens, 'train.gradientAccumulationSteps': steps } = instead!
      .settings as Record<string, number>
    expect(Object.keys(instead!.settings).length).toBe(2)
    expect(tokens! * steps!).toBeGreaterThanOrEqual(8192)
    const named = (maxTokensPerBatch: number) =>
      plan({ memoryLimit, maxTokensPerBatch, gradientAccumulationSteps: steps }, 128)
    expect(named(tokens!)).toMatchObject({ fits: true, total: instead!.total })
    expect(instead!.total).toBeLessThanOrEqual(memoryLimit * gibibyte)
    expect(named(tokens! + 64).total).toBeGreaterThan(memoryLimit * gibibyte)
  })

  it('names an optimizer that keeps less where the batch is not what takes the memory, and the model where nothing helps', () => {
    const { total, optimizerState } = plan({ maxTokensPerBatch: 64 }, 1024)
    const limited = (less: number) =>
      plan({ maxTokensPerBatch: 64, memoryLimit: (total - less) / (1 + planMargin) / gibibyte }, 1024)
    const smaller = limited(0.3 * optimizerState)
    expect(smaller.instead).toMatchObject({ fits: true, settings: { 'train.optimizer': 'adamw-8bit' } })
    expect(() => checkFits(smaller)).toThrow(/train\.optimizer=adamw-8bit/)
    const hopeless = limited(0.9 * total)
    expect(hopeless.instead!.fits).toBe(false)
    expect(() => checkFits(hopeless)).toThrow(/model\.width/)
  })

  it('refuses only what does not fit even if the plan is too high by its margin', () => {
    const { total } = plan({}, 128)
    const limited = (share: number) => plan({ memoryLimit: total / (1 + share) / gibibyte }, 128)
    expect(() => checkFits(limited(planMargin - 0.01))).not.toThrow()
    expect(() => checkFits(limited(planMargin + 0.01))).toThrow(YuksuError)
  })

  it('has the memory of the machine where the recipe says nothing, and never more than there is', () => {
    expect(availableMemory(recipe())).toBeGreaterThan(0.2 * gibibyte)
    expect(availableMemory(recipe({ memoryLimit: 1.5 }))).toBe(1.5 * gibibyte)
  })
})

describe('the plan of a recipe', () => {
  it('has an entry for each stage, and leaves nothing behind', async () => {
    const plans = await planRecipe(recipe({}, { pretraining: { maxSteps: 1 }, minimumRisk: { maxSteps: 1 } }))
    expect(plans.map(({ stage }) => stage)).toEqual(['pretraining', 'training', 'minimum risk'])
    for (const { weights, gradients, optimizerState, masks, activations, runtime, ...rest } of plans) {
      expect(rest.total).toBe(
        weights + gradients + optimizerState + masks + activations + runtime + rest.validation,
      )
    }
    expect(plans[1]!.validation).toBeGreaterThan(0)
    // Each source has several rows there.
    expect(plans[2]!.activations).toBeGreaterThan(1.5 * plans[1]!.activations)
    expect(await readdir(folder)).toEqual(['rows.jsonl'])
  })

  it('refuses a run in one line before it has made anything, and the mended one may use its folder', async () => {
    const quiet = { say: () => undefined }
    const refused = runRecipe(recipe({ memoryLimit: 0.001 }), quiet)
    await expect(refused).rejects.toMatchObject({
      code: 'memory-limit',
      message: expect.stringMatching(/^training needs about [\d.]+ GiB[^\n]*$/) as string,
    })
    expect(existsSync(join(folder, 'run'))).toBe(false)
    const others = { generation: { maxNewTokens: 2 }, evaluation: { rows: 1 } }
    await runRecipe(recipe({}, others), quiet)
    expect(await readdir(join(folder, 'run'))).toContain('report.json')
  })
})
