import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from '../engine/lowering.ts'
import { integers, Session } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import type { DecoderFamily } from './family.ts'
import { ForwardPass } from './forward.ts'
import { llamaFixtures } from './llama/testing.ts'
import { segmentMask, segmentPositions } from './masks.ts'
import { openModel } from './model.ts'
import { decoderFixtures } from './testing-decoders.ts'

/** Two rows of nine places: texts of 4, 2 and 3 tokens; one of 7, and two places of padding. */
const segments = [1, 1, 1, 1, 2, 2, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 0]
const texts = [
  [0, 4],
  [4, 6],
  [6, 9],
  [9, 16],
] as const
const tokens = segments.map((_, index) => 3 + ((index * 17 + 5) % 58))

describe('texts packed into rows get the logits that each gets alone', () => {
  it.each([...decoderFixtures, ...llamaFixtures])('%s', async (name) => {
    const model = await openModel(join(import.meta.dirname, 'fixtures', name))
    const prediction = (model.family as DecoderFamily).forward(
      model.scope(),
      {
        tokens: input('tokens', ['batch', 'length'], 'int64'),
        positions: input('positions', ['batch', 'length'], 'int64'),
        mask: input('mask', ['batch', 1, 'length', 'length']),
      },
      model.configuration,
    )
    const session = await Session.create(compile({ logits: prediction.logits }))
    const { logits: packed } = await session.run({
      ...model.feeds(),
      tokens: integers(tokens, [2, 9]),
      positions: segmentPositions(segments, 2, 9),
      mask: segmentMask(segments, 2, 9, { causal: true }),
    })
    await session.release()
    const pass = new ForwardPass(model)
    for (const [from, to] of texts) {
      const { logits } = await pass.run({ inputIds: [tokens.slice(from, to)] })
      const own = (packed!.data as Float32Array).subarray(from * 61, to * 61)
      const largest = logits.data.reduce((most, value, at) => Math.max(most, Math.abs(value - own[at]!)), 0)
      expect(largest).toBeLessThan(1e-5)
    }
    await pass.release()
  })
})
