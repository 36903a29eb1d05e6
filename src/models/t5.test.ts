import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openSafetensors, writeSafetensors, type TensorData } from '../formats/safetensors.ts'
import type { ModelFamily } from './family.ts'
import { inspectModel } from './inspect.ts'
import { Model, openModel, readConfiguration } from './model.ts'
import { t5 } from './t5.ts'
import type { T5Configuration } from './t5/configuration.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

/** A copy of a fixture's folder with some tensors exchanged, added or (undefined) left out. */
async function changed(
  name: string,
  changes: Readonly<Record<string, Float32Array | undefined>>,
  configuration: object = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-'))
  folders.push(folder)
  const file = await openSafetensors(join(fixtures, name, 'model.safetensors'))
  const tensors: TensorData[] = []
  for (const tensor of file.names) {
    if (!(tensor in changes))
      tensors.push({ name: tensor, shape: file.describe(tensor).shape, data: await file.read(tensor) })
  }
  const table = file.describe('shared.weight').shape
  for (const [tensor, data] of Object.entries(changes))
    if (data !== undefined) tensors.push({ name: tensor, shape: data.length === 32 ? [8, 4] : table, data })
  await file.close()
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  const json = { ...(await readConfiguration(join(fixtures, name))), ...configuration }
  await writeFile(join(folder, 'config.json'), JSON.stringify(json))
  return folder
}

const settings = async (folder: string) => {
  const { tieEmbeddings, scaleOutputs } = (await openModel(folder)).configuration as T5Configuration
  return { tieEmbeddings, scaleOutputs }
}

describe('the head of T5', async () => {
  const table = (await openModel(join(fixtures, 't5'))).parameters.get('shared.weight')!.data

  it('is the token table where the file has no other, or the same once more', async () => {
    expect(await settings(join(fixtures, 't5'))).toEqual({ tieEmbeddings: true, scaleOutputs: true })
    const twice = await changed('t5', { 'lm_head.weight': table })
    expect(await settings(twice)).toEqual({ tieEmbeddings: true, scaleOutputs: true })
  })

  it('is its own where the file says so, whatever newer transformers writes beside it', async () => {
    expect(await settings(join(fixtures, 't5-gated'))).toEqual({ tieEmbeddings: false, scaleOutputs: false })
    const own = await changed('t5', { 'lm_head.weight': table.map((value) => value + 1) })
    expect(await settings(own)).toEqual({ tieEmbeddings: false, scaleOutputs: true })
    const { parameters } = await inspectModel(own)
    expect(parameters.total - (await inspectModel(join(fixtures, 't5'))).parameters.total).toBe(table.length)
  })

  it('scales what it meets unless the config.json of older or newer transformers says otherwise', async () => {
    const older = await changed(
      't5-gated',
      {},
      { tie_word_embeddings: false, scale_decoder_outputs: undefined },
    )
    expect(await settings(older)).toEqual({ tieEmbeddings: false, scaleOutputs: false })
    const tied = await changed('t5', {}, { tie_word_embeddings: false, scale_decoder_outputs: undefined })
    expect(await settings(tied)).toEqual({ tieEmbeddings: true, scaleOutputs: false })
    expect(await settings(join(fixtures, 'mt5'))).toEqual({ tieEmbeddings: false, scaleOutputs: false })
  })

  it('stays what it is when the model is written', async () => {
    for (const folder of [
      await changed('t5', {}, { tie_word_embeddings: false, scale_decoder_outputs: undefined }),
      await changed('t5', { 'lm_head.weight': table.map((value) => value + 1) }),
      await changed('mt5', { 'lm_head.weight': undefined }),
    ]) {
      const copy = await mkdtemp(join(tmpdir(), 'yuksu-'))
      folders.push(copy)
      await (await openModel(folder)).write(copy)
      expect(await settings(copy)).toEqual(await settings(folder))
    }
  })
})

it('leaves the table alone that the first T5 models have and nothing reads', async () => {
  const name = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight'
  const model = await openModel(await changed('t5', { [name]: new Float32Array(32) }))
  expect(model.parameters.has(name)).toBe(false)
})

describe('config.json of T5', async () => {
  const json = await readConfiguration(join(fixtures, 't5'))

  it.each([
    [{ is_decoder: true }, /'is_decoder'/],
    [{ feed_forward_proj: 'gated-maxout' }, /'feed_forward_proj': 'gated-maxout' is not supported/],
    [{ num_heads: 0 }, /'num_heads'/],
    [{ d_kv: undefined }, /'d_kv'/],
  ])('is refused by name where it asks for what there is not: %o', (change, message) => {
    expect(() => t5.parseConfiguration({ ...json, ...change })).toThrow(message)
  })

  it('is gated by default in mT5 alone', () => {
    const parse = (model_type: string) =>
      t5.parseConfiguration({ ...json, model_type, feed_forward_proj: undefined }).feedForward
    expect([parse('t5'), parse('mt5')]).toEqual(['relu', 'gated-gelu'])
  })
})

describe('a new T5', () => {
  const vocabulary = { size: 40, begin: 0, end: 2, padding: 1 }
  const sizes = { width: 16, heads: 2, encoderLayers: 1, decoderLayers: 1, dropout: 0 }

  it.each(['t5', 'mt5'])('is written and opened as it was made: %s', async (modelType) => {
    const configuration = t5.configure(modelType, { ...sizes, tieEmbeddings: modelType === 't5' }, vocabulary)
    const model = new Model(t5 as unknown as ModelFamily, configuration).initialize(3)
    const folder = await mkdtemp(join(tmpdir(), 'yuksu-'))
    folders.push(folder)
    await model.write(folder)
    const opened = await openModel(folder)
    expect(opened.configuration).toEqual(configuration)
    expect(configuration.tieEmbeddings).toBe(modelType === 't5')
    const [query, key] = ['q', 'k'].map((name) => {
      const { data } = opened.parameters.get(`encoder.block.0.layer.0.SelfAttention.${name}.weight`)!
      return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)
    })
    // Queries begin smaller by the square root of a head's width, because nothing divides the scores.
    expect(key! / query!).toBeGreaterThan(2)
    expect(key! / query!).toBeLessThan(4)
  })

  it.each([{ maxPositions: 64 }, { copyHead: true }, { keyValueHeads: 1 }, { activation: 'gelu' as const }])(
    'refuses what it has not: %o',
    (size) => {
      expect(() => t5.configure('t5', { ...sizes, ...size }, vocabulary)).toThrow(
        expect.objectContaining({ code: 'model-configuration' }),
      )
    },
  )
})
