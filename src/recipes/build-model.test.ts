import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { buildModel, describeModel } from './build-model.ts'
import { recipeSchema } from './schema.ts'

let folder: string
let tokenizer: Tokenizer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-build-'))
  const made = await trainByteLevelBpe(['한 줄의 글', 'one line of text'], {
    vocabularySize: 300,
    minimumFrequency: 2,
    specialTokens: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'],
  })
  await made.save(folder)
  tokenizer = await loadTokenizer(folder)
})
afterEach(() => rm(folder, { recursive: true }))

const decoders = ['gpt2', 'llama', 'gemma2']

function recipe(family: string, model: Record<string, unknown>) {
  const objective = decoders.includes(family) ? 'causal' : 'sequence-to-sequence'
  const data = { train: 'rows.jsonl', validation: 'rows.jsonl' }
  return recipeSchema.parse({ output: 'run', data, model, train: { objective, maxSteps: 1 } })
}

const small = { width: 8, heads: 2, decoderLayers: 1 }

describe.each([
  ['mbart', { ...small, encoderLayers: 1 }, 'dropout', 0.1],
  ['t5', { ...small, encoderLayers: 1 }, 'dropout', 0.1],
  ['gpt2', small, 'dropout', 0.1],
  // Those that are published have none, and neither has a new one that is not asked for it.
  ['llama', small, 'residualDropout', 0],
  ['gemma2', small, 'residualDropout', 0],
] as const)('dropout of %s', (family, sizes, field, usual) => {
  it('is what the recipe says, or what is usual', async () => {
    const rates: unknown[] = []
    for (const dropout of [undefined, 0, 0.3]) {
      const { configuration } = await buildModel(recipe(family, { ...sizes, family, dropout }), tokenizer)
      rates.push((configuration as unknown as Record<string, unknown>)[field])
    }
    expect(rates).toEqual([usual, 0, 0.3])
  })

  it('is what the recipe says of a model in a folder too, or what its file says', async () => {
    const made = await buildModel(recipe(family, { ...sizes, family, dropout: 0.25 }), tokenizer)
    await made.write(folder)
    for (const make of [buildModel, describeModel]) {
      const rates: unknown[] = []
      for (const dropout of [undefined, 0, 0.4]) {
        const model = await make(recipe(family, { from: folder, dropout }), tokenizer)
        rates.push((model.configuration as unknown as Record<string, unknown>)[field])
      }
      expect(rates).toEqual([0.25, 0, 0.4])
    }
    const opened = await buildModel(recipe(family, { from: folder, dropout: 0.4 }), tokenizer)
    for (const [name, { data }] of made.parameters) expect(opened.parameters.get(name)!.data).toEqual(data)
  })
})
