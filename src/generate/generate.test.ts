import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DecoderModel } from './decoder-model.ts'
import { generate } from './generate.ts'
import type { GenerationOptions } from './options.ts'
import { TableModel } from './testing/table-model.ts'

interface SearchCase {
  prompts: number[][]
  options: GenerationOptions
  sequences: number[][]
  scores?: number[]
}
const cases = JSON.parse(
  readFileSync(new URL('fixtures/searches.json', import.meta.url), 'utf8'),
) as SearchCase[]
const name = (options: GenerationOptions): string =>
  Object.entries(options)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', ')

describe('generate', () => {
  it.each(cases.map((one) => [name(one.options), one] as const))(
    "equals transformers' ids: %s",
    async (_, one) => {
      const found = await generate(new TableModel(), { inputIds: one.prompts }, one.options)
      expect(found.map(({ tokens }) => tokens)).toEqual(one.sequences)
      one.scores?.forEach((score, row) => expect(Math.abs(found[row]!.score! / score - 1)).toBeLessThan(1e-6))
    },
  )

  const options: GenerationOptions = { eosTokenId: [5, 9, 20], maxNewTokens: 16, noRepeatNgramSize: 2 }
  const inputIds = [[7], [3, 12, 4, 4, 30], [2, 2, 2, 2], [33, 8], [21, 17, 9, 28, 35, 6, 6], [15, 30]]
  const kinds: Record<string, GenerationOptions> = {
    greedy: {},
    'beam search': { numBeams: 4, numReturnSequences: 3 },
    sampling: { doSample: true, seed: 42, numReturnSequences: 2, topP: 0.9 },
  }
  for (const isEncoderDecoder of [false, true]) {
    it.each(Object.entries(kinds))(
      `answers a row alike alone and in a batch (encoder: ${isEncoderDecoder}): %s`,
      async (_, kind) => {
        const all = { ...options, ...kind, ...(isEncoderDecoder && { decoderStartTokenId: 11 }) }
        const together = await generate(new TableModel({ isEncoderDecoder }), { inputIds }, all)
        const alone = []
        for (const row of inputIds)
          alone.push(...(await generate(new TableModel({ isEncoderDecoder }), { inputIds: [row] }, all)))
        expect(together.map(({ tokens, score }) => [tokens, score])).toEqual(
          alone.map(({ tokens, score }) => [tokens, score]),
        )
        const returned = all.numReturnSequences ?? 1
        expect(together.map(({ example }) => example)).toEqual(
          together.map((_row, row) => Math.floor(row / returned)),
        )
        expect(new Set(together.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(1)
      },
    )
  }

  it('lets rows that ended leave the batch', async () => {
    for (const numBeams of [1, 3]) {
      const model = new TableModel()
      await generate(model, { inputIds }, { ...options, numBeams })
      const steps = model.batches.slice(1)
      expect(steps[0]).toBe(6 * numBeams)
      expect(steps.at(-1)!).toBeLessThan(6 * numBeams)
      expect(steps).toEqual(steps.toSorted((a, b) => b - a))
      expect(model.disposed).toBe(1)
    }
  })

  it('feeds rows that ended with padding while they stay', async () => {
    const model = new TableModel()
    const prompts = Array.from({ length: 12 }, (_, row) => [row + 1])
    const found = await generate(model, { inputIds: prompts }, { ...options, padTokenId: 36 })
    const first = Math.min(...found.map(({ tokens }) => tokens.length))
    // The token that ends a row is still fed; after it comes padding.
    expect(model.fed[first]).toEqual(found.map(({ tokens }) => tokens[first] ?? 36))
    expect(model.fed[first]).toContain(36)
  })

  it('finds the best of all sequences when no prefix is given up, however many tokens end one', async () => {
    const logits = Float32Array.of(3, 2.9, 2.8, 2.7, 1, 0.5)
    const normalizer = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    const rows = (count: number): Float32Array =>
      Float32Array.from({ length: count * 6 }, (_, index) => logits[index % 6]!)
    const model: DecoderModel = {
      vocabularySize: 6,
      isEncoderDecoder: false,
      start: ({ prompts }) =>
        Promise.resolve({
          logits: rows(prompts.length),
          step: (tokens) => Promise.resolve(rows(tokens.length)),
          dispose: () => {},
        }),
    }
    const lengthPenalty = 3
    const settings: GenerationOptions = {
      eosTokenId: [0, 1, 2, 3],
      maxNewTokens: 3,
      lengthPenalty,
      earlyStopping: 'never',
    }
    const all: number[][] = []
    for (const a of [0, 1, 2, 3, 4, 5]) {
      if (a < 4) all.push([a])
      else
        for (const b of [0, 1, 2, 3, 4, 5])
          all.push(...(b < 4 ? [[a, b]] : [0, 1, 2, 3, 4, 5].map((c) => [a, b, c])))
    }
    const score = (tokens: number[]): number =>
      tokens.reduce((sum, token) => sum + logits[token]! - normalizer, 0) / tokens.length ** lengthPenalty
    const best = all.map(score).sort((x, y) => y - x)
    const found = await generate(model, { inputIds: [[4]] }, { ...settings, numBeams: 2 })
    expect(found[0]!.tokens).toHaveLength(3)
    const wide = await generate(
      model,
      { inputIds: [[4]] },
      { ...settings, numBeams: 12, numReturnSequences: 3 },
    )
    wide.forEach((sequence, rank) => expect(sequence.score).toBeCloseTo(best[rank]!, 5))
  })

  it('says why a row ended', async () => {
    const found = await generate(new TableModel(), { inputIds }, options)
    for (const { tokens, finishReason } of found) {
      expect(finishReason).toBe([5, 9, 20].includes(tokens.at(-1)!) ? 'stop' : 'length')
      expect(finishReason === 'length' ? tokens.length : 16).toBe(16)
    }
    expect(new Set(found.map(({ finishReason }) => finishReason)).size).toBe(2)
  })

  it('streams every token in order and none of the padding', async () => {
    const streamed: number[][] = inputIds.map(() => [])
    const found = await generate(new TableModel(), { inputIds }, options, {
      onToken: (row, token) => streamed[row]!.push(token),
    })
    expect(streamed).toEqual(found.map(({ tokens }) => tokens))
    await expect(
      generate(new TableModel(), { inputIds }, { ...options, numBeams: 2 }, { onToken: () => {} }),
    ).rejects.toThrow(/cannot stream/)
  })

  it('stops when the signal says so and frees the state', async () => {
    const model = new TableModel()
    const controller = new AbortController()
    let seen = 0
    const running = generate(
      model,
      { inputIds: [[33, 8]] },
      { maxNewTokens: 1000 },
      {
        signal: controller.signal,
        onToken: () => {
          if (++seen === 3) controller.abort(new Error('enough'))
        },
      },
    )
    await expect(running).rejects.toThrow('enough')
    expect([seen, model.disposed]).toEqual([3, 1])
    const beams = generate(
      model,
      { inputIds: [[1]] },
      { maxNewTokens: 9, numBeams: 2 },
      { signal: AbortSignal.abort() },
    )
    await expect(beams).rejects.toThrow(/abort/)
  })

  it('generates up to the length of the model when no other is given', async () => {
    const [row] = await generate(new TableModel({ maximumLength: 9 }), { inputIds: [[33, 8]] }, {})
    expect(row!.tokens).toHaveLength(7)
  })

  it.each([
    ['no length', {}, { inputIds: [[1]] }, /give maxNewTokens/],
    [
      'too long',
      { maxNewTokens: 9 },
      { inputIds: [[1], [1, 2, 3, 4, 5]] },
      /Row 1 has 5 tokens and may grow to 14, the model reads 12/,
      12,
    ],
    ['no room', { maxLength: 3 }, { inputIds: [[1, 2, 3]] }, /leaves no room/],
    ['an empty row', { maxNewTokens: 3 }, { inputIds: [[1], []] }, /Row 1 has no tokens/],
    [
      'a token outside',
      { maxNewTokens: 3, eosTokenId: 99 },
      { inputIds: [[1]] },
      /Token 99 .* vocabulary of 37/,
    ],
    [
      'seeds that do not match',
      { maxNewTokens: 3, doSample: true, seed: [1, 2] },
      { inputIds: [[1]] },
      /2 seeds for 1 rows/,
    ],
    ['nothing left', { maxNewTokens: 50, noRepeatNgramSize: 1 }, { inputIds: [[1]] }, /exclude every token/],
    [
      'nothing left for beams',
      { maxNewTokens: 50, noRepeatNgramSize: 1, numBeams: 2 },
      { inputIds: [[1]] },
      /exclude every token/,
    ],
  ] as const)('refuses %s', async (_, given, inputs, message, maximumLength?: number) => {
    const model = new TableModel(maximumLength === undefined ? {} : { maximumLength })
    await expect(generate(model, inputs, given as GenerationOptions)).rejects.toThrow(message)
  })

  it('needs a start token for an encoder–decoder', async () => {
    const model = new TableModel({ isEncoderDecoder: true })
    await expect(generate(model, { inputIds: [[1]] }, { maxNewTokens: 2 })).rejects.toThrow(
      /decoderStartTokenId/,
    )
  })
})
