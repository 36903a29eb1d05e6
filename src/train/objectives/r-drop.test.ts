import { describe, expect, it } from 'vitest'
import { largestDifference, randomExamples, stepOptions, tinyBart } from '../testing.ts'
import { TrainingStep, type TrainingStepOptions } from '../training-step.ts'
import { gpt2 } from '../../models/gpt2.ts'
import { Model } from '../../models/model.ts'
import { causal } from './causal.ts'
import type { Objective } from './objective.ts'
import { rDrop } from './r-drop.ts'
import { sequenceToSequence } from './sequence-to-sequence.ts'

const kinds: [string, (dropout: number) => Model, Objective][] = [
  ['a decoder', tinyGpt2, causal],
  [
    'an encoder–decoder with a copy head',
    (dropout) => tinyBart({ copyHead: true, dropout }),
    sequenceToSequence,
  ],
]

function tinyGpt2(dropout: number): Model {
  const sizes = { width: 32, heads: 2, decoderLayers: 2, maxPositions: 64, dropout }
  const configuration = gpt2.configure('gpt2', sizes, { size: 40, begin: 0, padding: 1, end: 2 })
  return new Model(gpt2, configuration).initialize(4)
}

async function gradientsOf(model: Model, objective: Objective, options: Partial<TrainingStepOptions> = {}) {
  const step = new TrainingStep(model, objective, { ...stepOptions, ...options })
  const { loss, targetTokens, tokens } = await step.run([randomExamples(5)], 1, 0)
  await step.release()
  const gradients = Float32Array.from(step.parameters.flatMap(({ gradient }) => [...gradient.data]))
  return { loss, targetTokens, tokens, gradients }
}

describe.each(kinds)('R-Drop of %s', (_, make, objective) => {
  it('is the objective itself where hardly anything is dropped out', async () => {
    // No place of so few is.
    const plain = await gradientsOf(make(1e-5), objective)
    const twice = await gradientsOf(make(1e-5), rDrop(objective, 5))
    expect(twice.loss).toBeCloseTo(plain.loss, 5)
    expect(largestDifference(twice.gradients, plain.gradients)).toBeLessThan(1e-5)
    // The rate that is shown is of tokens of examples; the mean is of both readings.
    expect([twice.tokens, twice.targetTokens]).toEqual([plain.tokens, 2 * plain.targetTokens])
  })

  it('draws the two readings of a row together, the more the more it weighs', async () => {
    const at = (weight: number) => gradientsOf(make(0.3), rDrop(objective, weight))
    const [none, one, two] = [await at(1e-9), await at(1), await at(2)]
    const [first, second] = [one, two].map(({ gradients }) =>
      gradients.map((value, index) => value - none.gradients[index]!),
    )
    expect(Math.max(...first!.map(Math.abs))).toBeGreaterThan(1e-4)
    expect(
      largestDifference(
        second!,
        first!.map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-5)
  })

  it('is not for a model that drops nothing out', () => {
    expect(() => new TrainingStep(make(0), rDrop(objective, 1), stepOptions)).toThrow(/set model.dropout/)
  })

  it('is the same in parts', async () => {
    const [whole, parts] = [
      await gradientsOf(make(0.3), rDrop(objective, 2)),
      await gradientsOf(make(0.3), rDrop(objective, 2), { memory: 'low' }),
    ]
    expect(largestDifference(parts.gradients, whole.gradients)).toBeLessThan(1e-5)
  })
})
