import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nativeHindrance } from '../engine/native-testing.ts'
import { openModel } from '../models/model.ts'
import { createEngineModel } from './engine-model.ts'
import { generate } from './generate.ts'
import type { GenerationOptions } from './options.ts'

const fixtures = join(import.meta.dirname, '../models/fixtures')
const hindrance = await nativeHindrance()

const rows = [
  [7, 31, 12, 55, 9, 40, 22, 18],
  [16, 3, 44],
  [5, 27, 33, 60, 11],
]

const cases: readonly GenerationOptions[] = [
  {},
  { numBeams: 4, noRepeatNgramSize: 2 },
  { doSample: true, topK: 0, temperature: 0.8, numReturnSequences: 3, seed: 5 },
]

// Products of all 24 bits, and attention without its scores, leave every choice of a token as it was.
it
  .skipIf(hindrance !== undefined)
  .each(['bart', 'mbart', 't5', 'longt5-global', 'llama', 'gemma2', 'gpt2', 'bloom', 'mamba'])(
  '%s writes the same with the native library',
  async (name) => {
    const model = await openModel(join(fixtures, name))
    const engines = [createEngineModel(model), createEngineModel(model, { precision: 'bfloat16x6' })]
    for (const options of cases) {
      const settled = { ...options, maxNewTokens: 12, eosTokenId: 2, padTokenId: 1, decoderStartTokenId: 2 }
      const [wanted, found] = await Promise.all(
        engines.map((engine) => generate(engine, { inputIds: rows }, settled)),
      )
      expect(found!.map(({ tokens }) => tokens)).toEqual(wanted!.map(({ tokens }) => tokens))
    }
    await Promise.all(engines.map((engine) => engine.release()))
  },
)
