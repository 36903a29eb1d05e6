import { describe, expect, it } from 'vitest'
import type { Model } from '../models/model.ts'
import { randomStream } from '../random.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { minimumRisk } from './objectives/minimum-risk.ts'
import { leaveOneOut, OwnAttempts, type OwnAttemptsOptions } from './own-attempts.ts'
import { randomExamples, stepOptions, tinyBart } from './testing.ts'
import { TrainingStep } from './training-step.ts'

/** Each id is a letter; begin, padding and end stand for nothing. */
const letters = {
  specialTokens: { all: [0, 1, 2], bos: 0, pad: 1, eos: 2 },
  decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => String.fromCharCode(94 + id)).join(''),
} as unknown as Tokenizer

const rows = randomExamples(6)
const wanted = 'h'
const share = (text: string) => (text === '' ? 0 : text.split(wanted).length - 1) / Math.max(1, text.length)

function attemptsOf(model: Model, changes: Partial<OwnAttemptsOptions> = {}): OwnAttempts {
  return new OwnAttempts(model, letters, {
    attempts: 6,
    temperature: 1,
    seed: 1,
    targetWeight: 0,
    generation: { eosTokenId: 2, padTokenId: 1, bosTokenId: 0, decoderStartTokenId: 0, maxNewTokens: 6 },
    reward: (_, attempt) => share(attempt),
    threads: 1,
    ...changes,
  })
}

describe('leaveOneOut', () => {
  it('weighs each reward by how much it is above the mean of the others', () => {
    const [first, second] = leaveOneOut([
      [1, 0, 0.2],
      [0.5, 0.5, 0.5],
    ])
    const ratio = first![0]! / (1 - (0 + 0.2) / 2)
    expect(ratio).toBeGreaterThan(0)
    expect(first![1]! / ratio).toBeCloseTo(0 - (1 + 0.2) / 2, 12)
    expect(first![2]! / ratio).toBeCloseTo(0.2 - 0.5, 12)
    expect(second).toEqual([0, 0, 0])
  })

  it('has weights of mean 0 for each source and root mean square 1 over all', () => {
    const random = randomStream(4, 0)
    const weights = leaveOneOut(
      Array.from({ length: 9 }, () => Array.from({ length: 5 }, () => random.fraction())),
    )
    for (const list of weights) expect(list.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(0, 12)
    const squares = weights.flat().reduce((sum, weight) => sum + weight ** 2, 0)
    expect(squares / weights.flat().length).toBeCloseTo(1, 12)
  })

  it('learns nothing from attempts that are all alike', () => {
    expect(
      leaveOneOut([
        [0.3, 0.3],
        [0.3, 0.3],
      ]),
    ).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})

describe('own attempts', () => {
  it('are a function of weights, seed and step, with the written target last where it counts', async () => {
    const attempts = attemptsOf(tinyBart({ copyHead: true }), { targetWeight: 0.5 })
    const first = await attempts.prepare(rows, 3)
    expect(await attempts.prepare(rows, 3)).toEqual(first)
    expect((await attempts.prepare(rows, 4)).examples).not.toEqual(first.examples)
    first.examples.forEach(({ candidates }, row) => {
      expect(candidates).toHaveLength(7)
      expect(candidates!.at(-1)).toEqual({ target: rows[row]!.target, weight: 0.5 })
    })
    await attempts.release()
  })

  it('are judged by their text', async () => {
    const attempts = attemptsOf(tinyBart())
    const { examples, measures } = await attempts.prepare(rows, 1)
    const shares = examples.map(({ candidates }) =>
      candidates!.map(({ target }) => share(letters.decode(target.filter((id) => id > 2)))),
    )
    expect(measures.reward).toBeCloseTo(
      shares.flat().reduce((sum, value) => sum + value) / shares.flat().length,
    )
    examples.forEach(({ candidates }, row) => {
      const order = (values: readonly number[]) =>
        values.map((value) => values.filter((other) => other < value).length)
      expect(order(candidates!.map(({ weight }) => weight))).toEqual(order(shares[row]!))
    })
    await attempts.release()
  })

  it('teach the model what is rewarded', async () => {
    const model = tinyBart({ copyHead: true })
    // The step moves the weights into its memory, from which the attempts are written too.
    const step = new TrainingStep(model, minimumRisk, { ...stepOptions, labelSmoothing: 0 })
    const attempts = attemptsOf(model)
    const rewards: number[] = []
    for (let count = 1; count <= 60; count++) {
      const { examples, measures } = await attempts.prepare(rows, count)
      rewards.push(measures.reward!)
      await step.run([examples], count, 0.005)
    }
    await step.release()
    await attempts.release()
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(rewards.slice(0, 3))).toBeLessThan(0.2)
    expect(mean(rewards.slice(-3))).toBeGreaterThan(0.6)
  })
})
