import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openSafetensors, writeSafetensors, type TensorData } from '../formats/safetensors.ts'
import { bert, type BertConfiguration } from './bert.ts'
import { EncoderPass } from './encoder-pass.ts'
import type { ModelFamily } from './family.ts'
import { Model, openModel, readConfiguration } from './model.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

const inputs = { inputIds: [[0, 9, 4, 17, 2]], tokenTypeIds: [[0, 0, 0, 0, 0]] }

/** A copy of a fixture's folder whose tensors have other names, or (undefined) are left out, with more of them. */
async function changed(
  name: string,
  rename: (tensor: string) => string | undefined,
  { more = [], json = {} }: { more?: readonly TensorData[]; json?: object } = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-'))
  folders.push(folder)
  const file = await openSafetensors(join(fixtures, name, 'model.safetensors'))
  const tensors: TensorData[] = [...more]
  for (const tensor of file.names) {
    const other = rename(tensor)
    if (other === undefined) continue
    tensors.push({ name: other, shape: file.describe(tensor).shape, data: await file.read(tensor) })
  }
  await file.close()
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  const configuration = { ...(await readConfiguration(join(fixtures, name))), ...json }
  await writeFile(join(folder, 'config.json'), JSON.stringify(configuration))
  return folder
}

async function encoded(folder: string) {
  const pass = new EncoderPass(await openModel(folder))
  const found = await pass.run(inputs)
  await pass.release()
  return found
}

describe('a file of BERT', () => {
  it.each([
    [
      'the names of norms that the first models have',
      'bert-masked',
      (name: string) =>
        name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
    ],
    ['no prefix though there is a head', 'bert-masked', (name: string) => name.replace(/^bert\./, '')],
    ['a prefix though there is none', 'roberta', (name: string) => `roberta.${name}`],
  ])('may have %s', async (_, name, rename) => {
    expect(await encoded(await changed(name, rename))).toEqual(await encoded(join(fixtures, name)))
  })

  it('may hold heads that its architecture has not, as those of pretraining are published', async () => {
    const of = (name: string, ...shape: number[]) => ({
      name,
      shape,
      data: new Float32Array(shape.reduce((product, size) => product * size)).fill(0.5),
    })
    const more = [
      of('bert.pooler.dense.weight', 16, 16),
      of('bert.pooler.dense.bias', 16),
      of('cls.seq_relationship.weight', 2, 16),
      of('cls.seq_relationship.bias', 2),
      of('bert.embeddings.position_ids', 1, 24),
    ]
    const folder = await changed('bert-masked', (name) => name, { more })
    expect(await encoded(folder)).toEqual(await encoded(join(fixtures, 'bert-masked')))
    const stray = await changed('bert-masked', (name) => name, { more: [of('bert.extra.weight', 2, 2)] })
    await expect(openModel(stray)).rejects.toMatchObject({ code: 'unknown-tensor' })
  })

  it('may lack what pools a base model, and must not lack anything else', async () => {
    const bare = await changed('bert', (name) => (name.startsWith('pooler.') ? undefined : name))
    const [found, whole] = [await encoded(bare), await encoded(join(fixtures, 'bert'))]
    expect(whole.pooled!.shape).toEqual([1, 16])
    expect(found.pooled).toBeUndefined()
    expect(found.mean).toEqual(whole.mean)
    const classifier = await changed('bert-classifier', (name) =>
      name.includes('pooler') ? undefined : name,
    )
    await expect(openModel(classifier)).rejects.toMatchObject({ code: 'missing-tensor' })
  })
})

describe('config.json of BERT', async () => {
  const json = await readConfiguration(join(fixtures, 'bert-classifier'))

  it.each([
    [{ position_embedding_type: 'relative_key' }, /'position_embedding_type'/],
    [{ is_decoder: true }, /'is_decoder'/],
    [{ add_cross_attention: true }, /'add_cross_attention'/],
    [{ tie_word_embeddings: false }, /'tie_word_embeddings'/],
    [{ pruned_heads: { 0: [1] } }, /'pruned_heads/],
    [{ hidden_act: 'maxout' }, /'hidden_act'/],
    [{ hidden_size: 18 }, /width 18 cannot have 4 heads/],
    [{ architectures: ['BertForQuestionAnswering'] }, /'architectures' is \["BertForQuestionAnswering"\]/],
    [{ architectures: undefined }, /'architectures' is null/],
    [{ model_type: 'roberta', architectures: ['RobertaForPreTraining'] }, /no head 'pretraining'/],
    [{ id2label: { 0: 'a', 2: 'b' } }, /'id2label' has 2 labels and one of them is numbered 2/],
  ])('is refused by name where it asks for what there is not: %o', (change, message) => {
    expect(() => bert.parseConfiguration({ ...json, ...change })).toThrow(message)
  })

  it('tells the labels in the order of their numbers', () => {
    const labels = (change: object) => bert.parseConfiguration({ ...json, ...change }).labels
    expect(labels({})).toEqual(['기쁨', '슬픔', '화'])
    expect(labels({ id2label: { 1: 'b', 0: 'a' } })).toEqual(['a', 'b'])
    expect(labels({ id2label: undefined, num_labels: 3 })).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2'])
    expect(labels({ id2label: undefined })).toHaveLength(2)
    const written = bert.formatConfiguration(bert.parseConfiguration(json))
    expect([written.id2label, written.label2id]).toEqual([json.id2label, json.label2id])
  })

  it('counts the rows that tokens take of a table of positions', () => {
    const roberta = { ...json, model_type: 'roberta', architectures: ['RobertaModel'] }
    expect(bert.parseConfiguration(json).maxPositions).toBe(24)
    expect(bert.parseConfiguration({ ...roberta, pad_token_id: 1 }).maxPositions).toBe(22)
  })
})

it('counts positions of RoBERTa over what is no padding, wherever that stands', async () => {
  const { configuration } = await openModel(join(fixtures, 'roberta'))
  const ids = [5, 6, 1, 7, 1, 1, 1, 8, 9]
  const found = (of: object) =>
    [...bert.positions(ids, 1, 9, { ...(configuration as BertConfiguration), ...of }).data].map(Number)
  expect(found({})).toEqual([2, 3, 1, 4, 1, 1, 1, 5, 6])
  expect(found({ modelType: 'bert' })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
})

describe('a new BERT', () => {
  const vocabulary = { size: 40, begin: 0, end: 2, padding: 1 }

  it.each(['bert', 'roberta', 'xlm-roberta'])(
    'is written and opened as it was made: %s',
    async (modelType) => {
      const sizes = { width: 16, heads: 2, encoderLayers: 1, maxPositions: 12, dropout: 0.1 }
      const configuration = bert.configure(modelType, sizes, vocabulary)
      const folder = await mkdtemp(join(tmpdir(), 'yuksu-'))
      folders.push(folder)
      await new Model(bert as unknown as ModelFamily, configuration).initialize(3).write(folder)
      const opened = await openModel(folder)
      expect(opened.configuration).toEqual(configuration)
      const rows = { inputIds: [Array.from({ length: 12 }, (_, index) => 3 + index)] }
      expect((await new EncoderPass(opened).run(rows)).logits!.shape).toEqual([1, 12, 40])
      const longer = { inputIds: [[...rows.inputIds[0]!, 3]] }
      await expect(new EncoderPass(opened).run(longer)).rejects.toMatchObject({
        code: 'context-length-exceeded',
      })
    },
  )

  it('refuses sizes that it has no use for', () => {
    for (const size of [{ decoderLayers: 2 }, { copyHead: true }, { keyValueHeads: 1 }]) {
      expect(() => bert.configure('bert', { dropout: 0, ...size }, vocabulary)).toThrow(
        expect.objectContaining({ code: 'model-configuration' }),
      )
    }
  })
})
