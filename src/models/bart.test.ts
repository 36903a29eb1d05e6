import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openSafetensors, writeSafetensors, type TensorData } from '../formats/safetensors.ts'
import { sequenceToSequence } from '../train/objectives/sequence-to-sequence.ts'
import { tinyBart } from '../train/testing.ts'
import { bart } from './bart.ts'
import { openModel, readConfiguration } from './model.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

/** A copy of a fixture's folder whose tensors have other names, or (undefined) are left out. */
async function renamed(name: string, rename: (tensor: string) => string | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-'))
  folders.push(folder)
  const file = await openSafetensors(join(fixtures, name, 'model.safetensors'))
  const tensors: TensorData[] = []
  for (const tensor of file.names) {
    const other = rename(tensor)
    if (other === undefined) continue
    tensors.push({ name: other, shape: file.describe(tensor).shape, data: await file.read(tensor) })
  }
  await file.close()
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  const json = await readConfiguration(join(fixtures, name))
  await writeFile(join(folder, 'config.json'), JSON.stringify(json))
  return folder
}

/** What KoBART's config.json says (gogamza/kobart-base-v2), with keys of the version it was made with. */
const kobart = {
  model_type: 'bart',
  architectures: ['BartModel'],
  activation_function: 'gelu',
  add_bias_logits: false,
  add_final_layer_norm: false,
  bos_token_id: 1,
  d_model: 768,
  decoder_attention_heads: 16,
  decoder_ffn_dim: 3072,
  decoder_layers: 6,
  decoder_start_token_id: 1,
  do_blenderbot_90_layernorm: false,
  encoder_attention_heads: 16,
  encoder_ffn_dim: 3072,
  encoder_layers: 6,
  eos_token_id: 1,
  extra_pos_embeddings: 2,
  forced_eos_token_id: 1,
  max_position_embeddings: 1026,
  normalize_before: false,
  normalize_embedding: true,
  pad_token_id: 3,
  scale_embedding: false,
  static_position_embeddings: false,
  vocab_size: 30_000,
}

describe('config.json of BART', () => {
  it('is read with the keys of older versions that say what the model type says', () => {
    const configuration = bart.parseConfiguration(kobart)
    expect(configuration).toMatchObject({ eosTokenId: 1, decoderStartTokenId: 1, padTokenId: 3 })
    const positions = bart.parameters(configuration).find(({ name }) => name.includes('embed_positions'))
    expect(positions!.shape).toEqual([1028, 768])
  })

  it.each([
    ['bart', { normalize_before: true }],
    ['bart', { static_position_embeddings: true }],
    ['bart', { normalize_embedding: false }],
    ['bart', { tie_word_embeddings: false }],
    ['bart', { is_decoder: true }],
    ['bart', { encoder_layerdrop: 0.1 }],
    ['bart', { activation_function: 'maxout' }],
    ['mbart', { normalize_before: false }],
    ['mbart', { add_final_layer_norm: false }],
    ['pegasus', { normalize_embedding: true }],
  ])('of type %s is refused by name where it asks for another network: %o', (modelType, change) => {
    const { normalize_before: _, normalize_embedding: __, ...rest } = kobart
    const { add_final_layer_norm: ___, ...plain } = rest
    const json = { ...plain, static_position_embeddings: undefined, model_type: modelType }
    bart.parseConfiguration(json)
    expect(() => bart.parseConfiguration({ ...json, ...change })).toThrow(
      new RegExp(`'${Object.keys(change)[0]}'`),
    )
  })

  it('has the special tokens of its type where it names none', () => {
    const { bos_token_id: _, eos_token_id: __, pad_token_id: ___, ...rest } = kobart
    const special = (modelType: string) => {
      const json = { ...rest, model_type: modelType, decoder_start_token_id: null }
      const keys = { normalize_before: null, normalize_embedding: null, add_final_layer_norm: null }
      const read = bart.parseConfiguration({ ...json, ...keys, static_position_embeddings: null })
      return [read.eosTokenId, read.padTokenId, read.decoderStartTokenId]
    }
    expect(special('bart')).toEqual([2, 1, 2])
    expect(special('mbart')).toEqual([2, 1, null])
    expect(special('pegasus')).toEqual([1, 0, 0])
  })
})

describe('a file of BART', () => {
  it('may be of the model without its head, whose names have no prefix', async () => {
    const bare = await renamed('bart', (name) =>
      name === 'final_logits_bias' ? undefined : name.replace(/^model\./, ''),
    )
    const [whole, found] = [await openModel(join(fixtures, 'bart')), await openModel(bare)]
    const bias = 'final_logits_bias'
    expect(found.parameters.get(bias)!.data).toEqual(new Float32Array(61))
    const others = [...whole.parameters.keys()].filter((name) => name !== bias)
    for (const name of others)
      expect(found.parameters.get(name)!.data).toEqual(whole.parameters.get(name)!.data)
  })

  it('may leave out the places of Pegasus, which follow from their number', async () => {
    const bare = await renamed('pegasus', (name) => (name.includes('embed_positions') ? undefined : name))
    const [whole, found] = [await openModel(join(fixtures, 'pegasus')), await openModel(bare)]
    const name = 'model.decoder.embed_positions.weight'
    const [stored, made] = [whole, found].map((model) => model.parameters.get(name)!.data)
    expect(Math.max(...stored!)).toBeGreaterThan(0.9)
    stored!.forEach((value, index) => expect(Math.abs(value - made![index]!)).toBeLessThan(1e-6))
  })
})

it('starts its decoder from the last token of the target where there is none to start from', () => {
  const model = tinyBart({ decoderStartTokenId: null })
  const examples = [
    { source: Int32Array.of(4, 2, 9), target: Int32Array.of(5, 6, 2, 8) },
    { source: Int32Array.of(4, 2, 9), target: Int32Array.of(7, 2, 9) },
  ]
  const { tokens } = sequenceToSequence.collate(model, examples).feeds
  expect([...tokens!.data].map(Number)).toEqual([8, 5, 6, 2, 9, 7, 2, 1])
})
