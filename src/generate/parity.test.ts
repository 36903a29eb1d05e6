import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { llamaFixtures } from '../models/llama/testing.ts'
import { openModel } from '../models/model.ts'
import { generatingDecoderFixtures } from '../models/testing-decoders.ts'
import { generate } from './generate.ts'
import type { GenerationOptions } from './options.ts'
import { recomputingModel } from './testing/recomputing-model.ts'

interface Fixture {
  inputs: number[][]
  shared: GenerationOptions
  cases: { options: GenerationOptions; sequences: number[][]; scores?: number[] }[]
}

describe.each([
  'bart',
  'mbart',
  'pegasus',
  't5',
  't5-gated',
  'longt5',
  'longt5-global',
  'llama',
  ...llamaFixtures,
  ...generatingDecoderFixtures,
  'mamba',
  'mamba-biases',
])("%s generates what transformers' generate does", async (name) => {
  const folder = join(import.meta.dirname, '../models/fixtures', name)
  const fixture = JSON.parse(readFileSync(join(folder, 'generation.json'), 'utf8')) as Fixture
  const model = recomputingModel(await openModel(folder))

  it.each(fixture.cases.map((one) => [JSON.stringify(one.options), one] as const))('%s', async (_, one) => {
    const options = { ...fixture.shared, ...one.options }
    const found = await generate(model, { inputIds: fixture.inputs }, options)
    expect(found.map(({ tokens }) => tokens)).toEqual(one.sequences)
    const scores = one.scores ?? []
    expect(Math.max(0, ...scores.map((score, row) => Math.abs(found[row]!.score! / score - 1)))).toBeLessThan(
      1e-5,
    )
  })
})
