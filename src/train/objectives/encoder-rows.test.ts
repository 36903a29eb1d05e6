import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lowRank } from '../../adapters/low-rank.ts'
import { createEngineModel } from '../../generate/engine-model.ts'
import { Model, openModel } from '../../models/model.ts'
import { stepGraph } from '../inspect-step.ts'
import { largestDifference, stepOptions, tinyBart, tinyLlama } from '../testing.ts'
import { TrainingStep } from '../training-step.ts'
import { textClassification, tokenClassification } from './classification.ts'
import { maskedWords } from './masked-words.ts'
import { causal } from './causal.ts'
import type { Example, Objective } from './objective.ts'
import { sequenceToSequence } from './sequence-to-sequence.ts'

const fixtures = join(import.meta.dirname, '../../models/fixtures')

/** A fixture's model without dropout. */
async function still(name: string): Promise<Model> {
  const { family, configuration, parameters } = await openModel(join(fixtures, name))
  const rates = { dropout: 0, attentionDropout: 0, classifierDropout: 0 }
  const model = new Model(family, { ...configuration, ...rates } as Model['configuration'])
  for (const [parameter, { data }] of parameters) model.parameters.get(parameter)!.data.set(data)
  return model
}

const row = (source: number[], target: number[] = [], label = 0): Example => ({
  source: Int32Array.from(source),
  target: Int32Array.from(target),
  label,
})

async function step(model: Model, objective: Objective, batches: readonly (readonly Example[])[]) {
  const stepper = new TrainingStep(model, objective, { ...stepOptions, labelSmoothing: 0 })
  const { loss, targetTokens } = await stepper.run(batches, 1, 0)
  await stepper.release()
  return { loss, targetTokens, gradient: stepper.parameters.flatMap(({ gradient }) => [...gradient.data]) }
}

describe('the objectives of an encoder', () => {
  it.each([
    [
      'bert-masked',
      maskedWords,
      [row([4, 3, 8, 2], [-100, 7, -100, -100]), row([5, 3], [5, 9]), row([6, 7, 8], [1, 2, -100])],
      5,
    ],
    [
      'roberta-classifier',
      textClassification,
      [row([4, 3, 8, 2], [], 2), row([5, 3], [], 0), row([6, 7, 8], [], 1)],
      3,
    ],
    [
      'bert-tokens',
      tokenClassification,
      [row([4, 3, 8, 2], [-100, 0, 2, -100]), row([5, 3], [1, 1]), row([6, 7, 8], [2, -100, -100])],
      5,
    ],
  ] as const)(
    'are the same over micro-batches of unequal lengths as over one batch: %s',
    async (name, objective, rows, targets) => {
      const together = await step(await still(name), objective, [rows])
      const apart = await step(await still(name), objective, [rows.slice(0, 1), rows.slice(1)])
      expect([together.targetTokens, apart.targetTokens]).toEqual([targets, targets])
      expect(Math.abs(together.loss - apart.loss)).toBeLessThan(1e-6)
      expect(largestDifference(apart.gradient, together.gradient)).toBeLessThan(1e-6)
      expect(Math.max(...together.gradient.map(Math.abs))).toBeGreaterThan(1e-2)
    },
  )

  it('refuse what they cannot teach', async () => {
    const masked = await still('bert-masked')
    const classifier = await still('bert-classifier')
    const collate = (objective: Objective, model: Model, example: Example) => () =>
      objective.collate(model, [example])
    expect(collate(maskedWords, classifier, row([4], [5]))).toThrow(
      /teaches the head masked-words.*has 'sequence-classification'/,
    )
    expect(collate(textClassification, masked, row([4]))).toThrow(/'masked-words'/)
    expect(collate(maskedWords, masked, row([4, 5], [5]))).toThrow(/row of 2 tokens has 1 targets/)
    expect(collate(textClassification, classifier, row([4], [], 3))).toThrow(
      /label 3, and the model tells 3 apart/,
    )
    expect(
      collate(textClassification, classifier, { source: Int32Array.of(4), target: Int32Array.of() }),
    ).toThrow(/label undefined/)
    const types = { ...row([4, 5], [4, 5]), tokenTypes: Int32Array.of(1) }
    expect(collate(maskedWords, masked, types)).toThrow(/1 tokenTypes/)
    const regression = { ...classifier.configuration, problemType: 'regression' }
    expect(collate(textClassification, new Model(classifier.family, regression), row([4]))).toThrow(
      /problem_type.*regression/,
    )
    expect(collate(maskedWords, tinyLlama(), row([4], [5]))).toThrow(/needs an encoder.*objective: causal/)
    expect(collate(maskedWords, tinyBart(), row([4], [5]))).toThrow(/objective: sequence-to-sequence/)
    for (const objective of [causal, sequenceToSequence]) {
      const shape = { batch: 'batch', source: 'source', target: 'target' }
      const options = { training: true, labelSmoothing: 0 }
      expect(() => objective.trace(masked, shape, options)).toThrow(/an encoder; use objective: masked-words/)
    }
  })
})

describe('an encoder', () => {
  it('writes no text', async () => {
    const masked = await still('bert-masked')
    expect(() => createEngineModel(masked)).toThrow(expect.objectContaining({ code: 'no-decoder' }))
  })

  it('has a step that can be inspected, whatever its head is taught', async () => {
    for (const name of ['bert-masked', 'bert-next-sentence', 'bert-classifier', 'xlm-roberta-tokens']) {
      const { totals } = stepGraph(await still(name), { batch: 2, source: 6, target: 600 })
      expect(totals.multiplications).toBeGreaterThan(10_000)
    }
    const pretraining = await still('bert-pretraining')
    expect(() => stepGraph(pretraining, { batch: 2, source: 6, target: 6 })).toThrow(
      /head 'pretraining' is not trained/,
    )
  })

  it.each([
    ['bert-classifier', 'SEQ_CLS'],
    ['bert-tokens', 'TOKEN_CLS'],
    ['bert', 'FEATURE_EXTRACTION'],
    ['bert-masked', null],
  ])('of %s has an adapter for the task that PEFT calls %s', async (name, task) => {
    const adapter = lowRank({ rank: 1, alpha: 1, targets: ['query'] })(await still(name))
    expect(adapter.adapterConfiguration!.task_type).toBe(task)
  })
})
