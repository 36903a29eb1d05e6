import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TinyFolder, tinyFolder } from '../generate/testing/tiny-folder.ts'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { familyOfType } from './families.ts'
import { ForwardPass } from './forward.ts'
import { Model, openModel } from './model.ts'
import { TextEmbedder } from './text-embedder.ts'

const texts = [
  '지은: 회의는 세 시로 옮겼어요.',
  'At eight',
  '',
  '#Person1#: 민수야, 내일 병원에 가? 아침에 예약했어.',
]

describe.each(['decoder', 'encoder-decoder'] as const)('embeddings by a model that is a %s', (kind) => {
  let tiny: TinyFolder
  let embedder: TextEmbedder
  beforeAll(async () => {
    tiny = await tinyFolder(kind)
    embedder = await TextEmbedder.open(tiny.folder)
  })
  afterAll(async () => {
    await embedder.release()
    await tiny.remove()
  })

  it('are of a text alone what they are beside others', async () => {
    const together = await embedder.embed(texts)
    const alone = await Promise.all(texts.map((text) => embedder.embed([text])))
    const all = Float32Array.from(alone.flatMap((one) => [...one]))
    expect(together.length).toBe(all.length)
    expect(Math.max(...together.map((value, at) => Math.abs(value - all[at]!)))).toBeLessThan(1e-5)
    expect(all.every(Number.isFinite)).toBe(true)
  })

  it('of a text too long are those of its beginning', async () => {
    const short = new TextEmbedder(await openModel(tiny.folder), await loadTokenizer(tiny.folder), {
      maxTokens: 8,
    })
    const [one, other] = [await short.embed([texts[3]!]), await short.embed([`${texts[3]!} 그리고 더`])]
    expect(other).toEqual(one)
    expect(await embedder.embed([texts[3]!])).not.toEqual(one)
    expect((await embedder.embed(['가'.repeat(1000)])).every(Number.isFinite)).toBe(true)
    await short.release()
  })

  it('of no texts are none', async () => {
    expect(await embedder.embed([])).toHaveLength(0)
  })
})

it('of a decoder are the mean of its hidden states', async () => {
  const tiny = await tinyFolder('decoder')
  const [model, tokenizer] = [await openModel(tiny.folder), await loadTokenizer(tiny.folder)]
  const [embedder, pass] = [new TextEmbedder(model, tokenizer), new ForwardPass(model)]
  const ids = tokenizer.encode(texts[0]!, { addSpecialTokens: true })
  const { data, shape } = (await pass.run({ inputIds: [ids] })).hidden!
  const width = shape[2]!
  const mean = Array.from({ length: width }, (_, at) => {
    const column = ids.map((_id, row) => data[row * width + at]!)
    return column.reduce((sum, value) => sum + value, 0) / ids.length
  })
  const found = await embedder.embed([texts[0]!])
  expect(Math.max(...mean.map((value, at) => Math.abs(value - found[at]!)))).toBeLessThan(1e-5)
  await Promise.all([embedder.release(), pass.release(), tiny.remove()])
})

it('are made by encoders, too', async () => {
  const tokenizer = await trainByteLevelBpe(texts, {
    vocabularySize: 300,
    specialTokens: ['<s>', '<pad>', '</s>', '<unk>'],
  })
  const family = familyOfType('bert', 'here')
  const json = {
    architectures: ['BertModel'],
    model_type: 'bert',
    vocab_size: tokenizer.vocabularySize,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 64,
    type_vocab_size: 2,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    pad_token_id: 1,
  }
  const model = new Model(family, family.parseConfiguration(json))
  model.initialize(1)
  const embedder = new TextEmbedder(model, tokenizer)
  const together = await embedder.embed(texts)
  expect(together).toHaveLength(16 * texts.length)
  const alone = await embedder.embed([texts[1]!])
  expect(Math.max(...alone.map((value, at) => Math.abs(value - together[16 + at]!)))).toBeLessThan(1e-5)
  await embedder.release()
})
