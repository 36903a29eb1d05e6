import { describe, expect, it } from 'vitest'
import type { DecoderModel } from './decoder-model.ts'
import { generate } from './generate.ts'
import type { GenerationOptions } from './options.ts'
import { createLogitsProcessors } from './processors/index.ts'
import { randomBits } from '../random.ts'
import { drawToken } from './select-token.ts'
import { TableModel } from './testing/table-model.ts'

const inputIds = [[7], [3, 12, 4, 4, 30], [33, 8]]
const tokensOf = async (
  options: GenerationOptions,
  rows: readonly number[][] = inputIds,
  model: DecoderModel = new TableModel(),
) =>
  (await generate(model, { inputIds: rows }, { maxNewTokens: 12, doSample: true, ...options })).map(
    ({ tokens }) => tokens,
  )

describe('sampling', () => {
  it('draws in proportion to the processed probabilities', async () => {
    const options = { temperature: 1.3, topK: 12, topP: 0.9, doSample: true }
    const state = await new TableModel().start({ prompts: [[3, 12]], rowsPerExample: 1, maximumNewTokens: 1 })
    const scores = state.logits
    for (const process of createLogitsProcessors(options, 37)) {
      process(scores, 0, {
        tokens: Int32Array.of(3, 12),
        start: 0,
        length: 2,
        promptLength: 2,
        maximumLength: 9,
      })
    }
    const weights = [...scores].map(Math.exp)
    const total = weights.reduce((sum, weight) => sum + weight)
    const draws = 4000
    const counts = new Float64Array(37)
    const drawn = await tokensOf({ ...options, maxNewTokens: 1, seed: 3, numReturnSequences: draws }, [
      [3, 12],
    ])
    for (const [token] of drawn) counts[token!]!++
    const possible = weights.flatMap((weight, token) => (weight > 0 ? [token] : []))
    expect(possible.length).toBeGreaterThan(5)
    expect(possible.length).toBeLessThanOrEqual(12)
    expect(possible.reduce((sum, token) => sum + counts[token]!, 0)).toBe(draws)
    const chiSquared = possible.reduce((sum, token) => {
      const expected = (weights[token]! / total) * draws
      return sum + (counts[token]! - expected) ** 2 / expected
    }, 0)
    expect(chiSquared).toBeLessThan(32) // 0.1 % of 11 degrees of freedom is 31.3
  })

  it('repeats itself with a seed, differs between seeds, rows and returned sequences', async () => {
    const once = await tokensOf({ seed: 5, numReturnSequences: 2 })
    expect(await tokensOf({ seed: 5, numReturnSequences: 2 })).toEqual(once)
    expect(await tokensOf({ seed: 6, numReturnSequences: 2 })).not.toEqual(once)
    expect(new Set(once.map(String)).size).toBe(once.length)
  })

  it('takes one seed a row, so that equal rows can answer differently', async () => {
    const rows = [[7], [7], [7]]
    const found = await tokensOf({ seed: [1, 2, 1] }, rows)
    expect(found[0]).toEqual(found[2])
    expect(found[0]).not.toEqual(found[1])
  })

  it('differs from call to call without a seed', async () => {
    expect(await tokensOf({})).not.toEqual(await tokensOf({}))
    const [first, second] = await tokensOf({}, [[7], [7]])
    expect(first).not.toEqual(second)
  })

  it("depends on an encoder's inputs too", async () => {
    const rows = [
      [7, 1],
      [7, 2],
    ]
    const uniformModel: DecoderModel = {
      vocabularySize: 50,
      isEncoderDecoder: true,
      start: ({ prompts }) =>
        Promise.resolve({
          logits: new Float32Array(50 * prompts.length),
          step: (tokens) => Promise.resolve(new Float32Array(50 * tokens.length)),
          dispose: () => {},
        }),
    }
    const [first, second] = await tokensOf({ seed: 1, decoderStartTokenId: 2 }, rows, uniformModel)
    expect(first).not.toEqual(second)
    expect(new Set(first).size).toBeGreaterThan(6)
  })

  it('is greedy when only the likeliest token is kept', async () => {
    const greedy = await generate(new TableModel(), { inputIds }, { maxNewTokens: 12 })
    const expected = greedy.map(({ tokens }) => tokens)
    for (const narrow of [{ topK: 1 }, { topP: 1e-6 }, { minP: 1 }, { temperature: 1e-3 }]) {
      expect(await tokensOf({ ...narrow, seed: 1 })).toEqual(expected)
    }
  })

  it('never draws an excluded token, wherever the random number falls', () => {
    const scores = Float32Array.of(-Infinity, 1, -Infinity, 2, -Infinity)
    const weights = new Float64Array(5)
    const positions = [
      0,
      1 - 2 ** -53,
      ...Array.from({ length: 100 }, (_, index) => randomBits(1, 0, index) / 2 ** 32),
    ]
    const drawn = new Set(positions.map((position) => drawToken(scores, 0, 5, position, weights)))
    expect(drawn).toEqual(new Set([1, 3]))
    expect(drawToken(new Float32Array(3).fill(-Infinity), 0, 3, 0.5, weights)).toBe(-1)
  })
})
