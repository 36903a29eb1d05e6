import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { maskedWords } from '../train/objectives/masked-words.ts'
import { EncoderPass } from './encoder-pass.ts'
import type { ModelFamily } from './family.ts'
import { Model, openModel, readConfiguration } from './model.ts'
import { xlm, type XlmConfiguration } from './xlm.ts'

const folder = join(import.meta.dirname, 'fixtures/xlm-masked')
const folders: string[] = []
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true }))))

describe('config.json of XLM', async () => {
  const json = await readConfiguration(folder)

  it.each([
    [{ causal: true }, /'causal'/],
    [{ asm: true }, /'asm'/],
    [{ is_encoder: false }, /'is_encoder'/],
    [{ tie_word_embeddings: false }, /'tie_word_embeddings'/],
    [{ vocab_size: undefined }, /'vocab_size' is missing/],
    [{ emb_dim: 18 }, /width 18 cannot have 4 heads/],
    [{ architectures: ['XLMForSequenceClassification'] }, /no head 'sequence-classification'/],
    [{ architectures: ['XLMForQuestionAnswering'] }, /'architectures'/],
  ])('is refused by name where it asks for what there is not: %o', (change, message) => {
    expect(() => xlm.parseConfiguration({ ...json, ...change })).toThrow(message)
  })

  it('may have the names of older versions', () => {
    const { vocab_size: words, pad_token_id: padding, ...rest } = json
    const older = xlm.parseConfiguration({ ...rest, n_words: words, pad_index: padding })
    expect(older).toEqual(xlm.parseConfiguration(json))
  })

  it('keeps the names of languages', () => {
    const written = xlm.formatConfiguration(xlm.parseConfiguration(json))
    expect([written.lang2id, written.id2lang]).toEqual([json.lang2id, json.id2lang])
  })
})

describe('languages', async () => {
  const model = await openModel(folder)
  const source = Int32Array.of(4, 3, 8, 2)
  const languages = Int32Array.of(0, 0, 1, 1)

  it('must be told to a model that knows several, and to no other', async () => {
    const inputIds = [[4, 3, 8, 2]]
    const run = (opened: Model, languageIds?: number[][]) =>
      new EncoderPass(opened).run({ inputIds, ...(languageIds && { languageIds }) })
    await expect(run(model)).rejects.toMatchObject({ code: 'missing-input' })
    await expect(run(model, [[0, 0, 3, 1]])).rejects.toMatchObject({ code: 'token-id' })
    const one = await openModel(join(import.meta.dirname, 'fixtures/xlm'))
    await expect(run(one, [[0, 0, 0, 0]])).rejects.toMatchObject({ code: 'unexpected-input' })
    expect(() => maskedWords.collate(model, [{ source, target: source }])).toThrow(
      /the language of each token/,
    )
  })

  it('stand beside positions that begin anew in a pair of sentences', () => {
    const positions = Int32Array.of(0, 1, 0, 1)
    const pair = { source, target: source, languages, positions }
    const short = { source: source.slice(0, 2), target: source.slice(0, 2), languages: languages.slice(0, 2) }
    const { feeds } = maskedWords.collate(model, [pair, short])
    const flat = (name: string) => [...(feeds[name]!.data as BigInt64Array)].map(Number)
    expect(flat('sourcePositions')).toEqual([0, 1, 0, 1, 0, 1, 2, 3])
    expect(flat('languages')).toEqual([0, 0, 1, 1, 0, 0, 0, 0])
    const wrong = { ...pair, positions: positions.slice(1) }
    expect(() => maskedWords.collate(model, [wrong])).toThrow(/has 3 positions/)
  })
})

describe('a new XLM', () => {
  const vocabulary = { size: 40, begin: 0, end: 2, padding: 1 }
  const sizes = { width: 16, heads: 2, encoderLayers: 1, dropout: 0.1 }

  it('is written and opened as it was made', async () => {
    const configuration = xlm.configure('xlm', sizes, vocabulary)
    const copy = await mkdtemp(join(tmpdir(), 'yuksu-'))
    folders.push(copy)
    await new Model(xlm as unknown as ModelFamily, configuration).initialize(3).write(copy)
    expect((await openModel(copy)).configuration as XlmConfiguration).toEqual(configuration)
  })

  it.each([{ feedForwardWidth: 24 }, { copyHead: true }, { activation: 'silu' as const }])(
    'refuses what it has not: %o',
    (size) => {
      expect(() => xlm.configure('xlm', { ...sizes, ...size }, vocabulary)).toThrow(
        expect.objectContaining({ code: 'model-configuration' }),
      )
    },
  )
})
