import { describe, expect, it } from 'vitest'
import { largestDifference, randomExamples, stepOptions, tinyBart, tinyLlama } from '../testing.ts'
import { TrainingStep } from '../training-step.ts'
import { minimumRisk } from './minimum-risk.ts'
import type { Example, Objective } from './objective.ts'
import { sequenceToSequence } from './sequence-to-sequence.ts'

const rows = randomExamples(5)
/** Another target for each row, of another length. */
const others = rows.map(({ target }, row) => Int32Array.from([...target.slice(0, -1), 5, 6 + row, 2]))
const tokens = (targets: readonly Int32Array[]) => targets.reduce((sum, { length }) => sum + length, 0)

/** The gradient of the loss summed over target tokens. */
async function gradientSum(objective: Objective, examples: readonly Example[]): Promise<Float32Array> {
  const step = new TrainingStep(tinyBart({ copyHead: true, dropout: 0.3 }), objective, {
    ...stepOptions,
    labelSmoothing: 0,
  })
  const { targetTokens } = await step.run([examples], 1, 0)
  await step.release()
  return Float32Array.from(step.parameters.flatMap(({ gradient }) => [...gradient.data])).map(
    (value) => value * targetTokens,
  )
}

/** Minimum risk drops nothing out, and neither does a model without dropout. */
async function plainGradientSum(targets: readonly Int32Array[]): Promise<Float32Array> {
  const examples = rows.map(({ source }, row) => ({ source, target: targets[row]! }))
  const step = new TrainingStep(tinyBart({ copyHead: true }), sequenceToSequence, {
    ...stepOptions,
    labelSmoothing: 0,
  })
  await step.run([examples], 1, 0)
  await step.release()
  const count = tokens(targets)
  return Float32Array.from(step.parameters.flatMap(({ gradient }) => [...gradient.data])).map(
    (value) => value * count,
  )
}

describe('minimum risk', () => {
  it('adds up the gradients of its candidates, each by its weight, negative ones too', async () => {
    const examples = rows.map((row, index) => ({
      ...row,
      candidates: [
        { target: row.target, weight: 1.5 },
        { target: others[index]!, weight: -0.5 },
        { target: row.target, weight: 0 },
      ],
    }))
    const [first, second] = [
      await plainGradientSum(rows.map(({ target }) => target)),
      await plainGradientSum(others),
    ]
    const expected = first.map((value, index) => 1.5 * value - 0.5 * second[index]!)
    const scale = Math.max(...expected.map(Math.abs))
    expect(scale).toBeGreaterThan(0.1)
    const actual = await gradientSum(minimumRisk, examples)
    expect(largestDifference(actual, expected) / scale).toBeLessThan(1e-5)
  })

  it.each([
    { title: 'none', counts: [0, 0] },
    { title: 'unequal numbers', counts: [1, 2] },
  ])('refuses $title of candidates', ({ counts }) => {
    const examples = counts.map((count, row) => ({
      ...rows[row]!,
      candidates: Array.from({ length: count }, () => ({ target: rows[row]!.target, weight: 1 })),
    }))
    expect(() => minimumRisk.collate(tinyBart(), examples)).toThrow(/same number of candidates/)
  })

  it('needs an encoder–decoder', () => {
    expect(() => minimumRisk.collate(tinyLlama(), rows)).toThrow(/minimum-risk.*encoder–decoder/)
  })
})
