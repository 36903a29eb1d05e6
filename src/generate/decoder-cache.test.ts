import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { llamaFixtures } from '../models/llama/testing.ts'
import { Model, openModel } from '../models/model.ts'
import { decoderFixtures } from '../models/testing-decoders.ts'
import { createEngineModel } from './engine-model.ts'
import { recomputingModel } from './testing/recomputing-model.ts'

/** Numbers from 3 to below 61, the tokens of the fixtures that stand for themselves. */
function row(length: number, seed: number): number[] {
  return Array.from({ length }, (_, index) => 3 + ((index * index * 7 + index * seed + seed) % 58))
}

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length)
  return expected.reduce((largest, value, index) => Math.max(largest, Math.abs(value - actual[index]!)), 0)
}

/** The largest difference between logits with a cache and of whole rows, over steps in which rows are repeated, exchanged and left out. */
async function cacheError(model: Model, prompts: readonly (readonly number[])[]): Promise<number> {
  const [cached, whole] = [createEngineModel(model), recomputingModel(model)]
  const request = { prompts, rowsPerExample: 2, maximumNewTokens: 8 }
  const states = await Promise.all([cached.start(request), whole.start(request)])
  let largest = largestDifference(states[0].logits, states[1].logits)
  const steps: [number[], number[] | undefined][] = [
    [
      [5, 9, 30, 31],
      [0, 1, 2, 2],
    ],
    [[7, 8, 4, 60], undefined],
    [
      [11, 12, 13],
      [1, 0, 3],
    ],
    [[20, 3, 44], undefined],
  ]
  for (const [tokens, origins] of steps) {
    const [own, wanted] = await Promise.all(
      states.map(async (state) =>
        Float32Array.from(await state.step(Int32Array.from(tokens), origins && Int32Array.from(origins))),
      ),
    )
    largest = Math.max(largest, largestDifference(own!, wanted!))
  }
  for (const state of states) state.dispose()
  await cached.release()
  return largest
}

describe('decoding with a cache gives the logits of reading whole rows', () => {
  it.each([...decoderFixtures, ...llamaFixtures, 'mamba', 'mamba-biases'])(
    '%s, its prompts padded',
    async (name) => {
      const model = await openModel(join(import.meta.dirname, '../models/fixtures', name))
      expect(await cacheError(model, [row(9, 5), row(2, 11), row(5, 3)])).toBeLessThan(1e-5)
    },
  )

  it('falcon-alibi, beyond the positions that bfloat16 tells apart', async () => {
    const opened = await openModel(join(import.meta.dirname, '../models/fixtures/falcon-alibi'))
    const model = new Model(opened.family, { ...opened.configuration, maxPositions: 600 })
    for (const [name, { data }] of opened.parameters) model.parameters.get(name)!.data.set(data)
    expect(await cacheError(model, [row(300, 5), row(270, 11), row(5, 3)])).toBeLessThan(1e-5)
  })
})
