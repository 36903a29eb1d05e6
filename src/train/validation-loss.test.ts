import { describe, expect, it } from 'vitest'
import { causal } from './objectives/causal.ts'
import { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
import { randomExamples, stepOptions, tinyBart, tinyLlama } from './testing.ts'
import { TrainingStep } from './training-step.ts'
import { ValidationLoss } from './validation-loss.ts'

const kinds = [
  ['an encoder–decoder', (dropout: number) => tinyBart({ copyHead: true, dropout }), sequenceToSequence],
  ['a decoder', () => tinyLlama(), causal],
] as const

describe.each(kinds)('the validation loss of %s', (_, make, objective) => {
  it('is that of a training step without dropout, whatever the order of the examples', async () => {
    const rows = randomExamples(9)
    const step = new TrainingStep(make(0), objective, stepOptions)
    const { loss } = await step.run([rows], 1, 0)
    await step.release()
    for (const examples of [rows, rows.toReversed()]) {
      const validation = new ValidationLoss(make(0.4), objective, examples, 1)
      expect(await validation.measure()).toBeCloseTo(loss, 5)
      await validation.release()
    }
  })

  it('follows the weights while they are trained', async () => {
    const model = make(0)
    const rows = randomExamples(9)
    const step = new TrainingStep(model, objective, stepOptions)
    const validation = new ValidationLoss(model, objective, rows, 1)
    const before = (await validation.measure())!
    for (let count = 1; count <= 5; count++) await step.run([rows], count, 0.01)
    expect((await validation.measure())!).toBeLessThan(before - 0.05)
    await validation.release()
    await step.release()
  })

  it('weighs tokens alike over batches of any size', async () => {
    const long = Int32Array.from({ length: 20 }, (_, index) => 3 + (index % 20))
    const many = Array.from({ length: 700 }, (_, row) =>
      row % 7 === 0 ? { source: long, target: long } : randomExamples(7)[row % 7]!,
    )
    const together = new ValidationLoss(make(0), objective, many, 1)
    const step = new TrainingStep(make(0), objective, stepOptions)
    const { loss } = await step.run([many], 1, 0)
    expect(await together.measure()).toBeCloseTo(loss, 4)
    await together.release()
    await step.release()
  })
})

it('is nothing where there is no target token', async () => {
  const validation = new ValidationLoss(tinyBart(), sequenceToSequence, [], 1)
  expect(await validation.measure()).toBeUndefined()
  await validation.release()
})
