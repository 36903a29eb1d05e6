import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ForwardPass } from './forward.ts'
import type { Values } from './encoder-pass.ts'
import { llamaFixtures } from './llama/testing.ts'
import { openModel } from './model.ts'
import { decoderFixtures } from './testing-decoders.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

interface Expected {
  inputs: { input_ids: number[][]; attention_mask: number[][]; decoder_input_ids?: number[][] }
  logits: number[][][]
}

function largestDifference(actual: Float32Array, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length)
  return expected.reduce((largest, value, index) => Math.max(largest, Math.abs(value - actual[index]!)), 0)
}

describe.each([
  'bart',
  'bart-scaled',
  'mbart',
  'pegasus',
  't5',
  't5-gated',
  'mt5',
  'longt5',
  'longt5-global',
  'llama',
  'llama3',
  'llama-yarn',
  'mamba',
  'mamba-biases',
  ...decoderFixtures,
  ...llamaFixtures,
])('%s against transformers', (name) => {
  const folder = join(fixtures, name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected

  const hiddenFile = join(folder, 'hidden.json')
  const states = existsSync(hiddenFile)
    ? (JSON.parse(readFileSync(hiddenFile, 'utf8')) as number[][][])
    : undefined

  it('gives the same logits, of the same hidden states', async () => {
    const model = await openModel(folder)
    const pass = new ForwardPass(model)
    const { logits, hidden } = await pass.run({
      inputIds: expected.inputs.input_ids,
      attentionMask: expected.inputs.attention_mask,
      ...(expected.inputs.decoder_input_ids && { decoderInputIds: expected.inputs.decoder_input_ids }),
    })
    await pass.release()
    // At padded positions of a decoder the reference's own values depend on its padding; nobody reads them.
    const attended =
      expected.inputs.decoder_input_ids === undefined ? expected.inputs.attention_mask.flat() : undefined
    const differences = (given: Values, wanted: readonly number[][]) =>
      wanted.map((row, index) => {
        if (attended !== undefined && !attended[index]) return 0
        const width = given.shape.at(-1)!
        return largestDifference(given.data.subarray(index * width, (index + 1) * width), row)
      })
    expect(Math.max(...differences(logits, expected.logits.flat()))).toBeLessThan(1e-5)
    // transformers has no EXAONE 3, whose fixture is Llama's under other names.
    expect(states === undefined).toBe(name === 'exaone')
    expect(Math.max(...differences(hidden!, states?.flat() ?? []), 0)).toBeLessThan(1e-5)
  })
})
