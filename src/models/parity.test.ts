import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ForwardPass } from './forward.ts'
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

  it('gives the same logits', async () => {
    const model = await openModel(folder)
    const { logits } = await new ForwardPass(model).run({
      inputIds: expected.inputs.input_ids,
      attentionMask: expected.inputs.attention_mask,
      ...(expected.inputs.decoder_input_ids && { decoderInputIds: expected.inputs.decoder_input_ids }),
    })
    // At padded positions of a decoder the reference's own values depend on its padding; nobody reads them.
    const attended =
      expected.inputs.decoder_input_ids === undefined ? expected.inputs.attention_mask : undefined
    const [, , vocabulary] = logits.shape as [number, number, number]
    const wanted = expected.logits.flat()
    let largest = 0
    wanted.forEach((row, index) => {
      if (attended !== undefined && !attended.flat()[index]) return
      largest = Math.max(
        largest,
        largestDifference(logits.data.subarray(index * vocabulary, (index + 1) * vocabulary), row),
      )
    })
    expect(largest).toBeLessThan(1e-5)
  })
})
