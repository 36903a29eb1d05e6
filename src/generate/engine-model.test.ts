import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { llamaFixtures } from '../models/llama/testing.ts'
import { openModel } from '../models/model.ts'
import { generatingDecoderFixtures } from '../models/testing-decoders.ts'
import { createEngineModel, type EngineModel } from './engine-model.ts'
import { generate } from './generate.ts'
import type { GenerationOptions } from './options.ts'

interface Fixture {
  inputs: number[][]
  shared: GenerationOptions
  cases: { options: GenerationOptions; sequences: number[][] }[]
}

describe.each([
  'bart',
  'mbart',
  'pegasus',
  't5',
  't5-gated',
  'longt5-global',
  'llama',
  ...llamaFixtures,
  ...generatingDecoderFixtures,
  'mamba',
  'mamba-biases',
])('decoding %s by the engine', (name) => {
  const folder = join(import.meta.dirname, '../models/fixtures', name)
  const fixture = JSON.parse(readFileSync(join(folder, 'generation.json'), 'utf8')) as Fixture
  let engine: EngineModel | undefined
  const open = async () => (engine ??= createEngineModel(await openModel(folder)))
  afterAll(() => engine?.release())

  it.each(fixture.cases.map((item) => [JSON.stringify(item.options), item] as const))(
    'writes the ids that transformers writes with %s',
    async (_, { options, sequences }) => {
      const written = await generate(
        await open(),
        { inputIds: fixture.inputs },
        { ...fixture.shared, ...options },
      )
      expect(written.map(({ tokens }) => tokens)).toEqual(sequences)
    },
  )

  it('writes for a row what it writes for the row alone', async () => {
    const model = await open()
    const options = { ...fixture.shared, maxNewTokens: 10, numBeams: 3 }
    const together = await generate(model, { inputIds: fixture.inputs }, options)
    for (const [index, row] of fixture.inputs.entries()) {
      const [alone] = await generate(model, { inputIds: [row] }, options)
      expect(alone!.tokens).toEqual(together[index]!.tokens)
    }
  })
})
