/** What published files of GPT, GPT-2, GPT-NeoX, BLOOM and Falcon have besides what the fixtures show, and new models of these families. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../engine/lowering.ts'
import { input } from '../engine/tensor.ts'
import { openSafetensors, type TensorData, writeSafetensors } from '../formats/safetensors.ts'
import { familyOfType } from './families.ts'
import type { DecoderFamily, ModelSizes } from './family.ts'
import { ForwardPass } from './forward.ts'
import { inspectConfiguration } from './inspect.ts'
import { Model, openModel, readConfiguration } from './model.ts'
import { decoderFixtures } from './testing-decoders.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
let scratch: string

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-decoders-'))
})
afterAll(() => rm(scratch, { recursive: true }))

/** A copy of a fixture whose tensors are changed. */
async function changed(name: string, change: (tensors: TensorData[]) => TensorData[]): Promise<string> {
  const folder = await mkdtemp(join(scratch, `${name}-`))
  await cp(join(fixtures, name, 'config.json'), join(folder, 'config.json'))
  const file = await openSafetensors(join(fixtures, name, 'model.safetensors'))
  const tensors: TensorData[] = []
  for (const tensor of file.names)
    tensors.push({ name: tensor, shape: file.describe(tensor).shape, data: await file.read(tensor) })
  await file.close()
  await writeSafetensors(join(folder, 'model.safetensors'), change(tensors))
  return folder
}

const zeros = (name: string, ...shape: number[]): TensorData => ({
  name,
  shape,
  data: new Float32Array(shape.reduce((size, dimension) => size * dimension, 1)),
})

/** The values of a model folder's parameters by their names. */
async function valuesOf(folder: string): Promise<Map<string, Float32Array>> {
  const { parameters } = await openModel(folder)
  return new Map([...parameters].map(([name, { data }]) => [name, data]))
}

describe('the tensors of published files', () => {
  it.each([
    ['gpt2', 'transformer', ['h.0.attn.bias', 'h.1.attn.masked_bias']],
    ['openai-gpt', 'transformer', ['h.0.attn.bias']],
    ['bloom', 'transformer', []],
    ['falcon', 'transformer', []],
    [
      'gptneox-sequential',
      'gpt_neox',
      ['layers.0.attention.bias', 'layers.0.attention.masked_bias', 'layers.1.attention.rotary_emb.inv_freq'],
    ],
  ])(
    '%s may leave out the prefix, and have masks and the like that are computed here',
    async (name, prefix, computed) => {
      const more = computed.map((tensor) => zeros(tensor, 1, 1, 4, 4))
      const bare = await changed(name, (tensors) => [
        ...tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(`${prefix}.`, '') })),
        ...more,
      ])
      const wanted = await valuesOf(join(fixtures, name))
      expect(await valuesOf(bare)).toEqual(wanted)
      const whole = await changed(name, (tensors) => [
        ...tensors,
        ...more.map((tensor) => ({ ...tensor, name: `${prefix}.${tensor.name}` })),
      ])
      expect(await valuesOf(whole)).toEqual(wanted)
    },
  )

  it('may have the head of GPT-NeoX under its newer name', async () => {
    const folder = await changed('gptneox', (tensors) =>
      tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace('embed_out', 'lm_head') })),
    )
    expect(await valuesOf(folder)).toEqual(await valuesOf(join(fixtures, 'gptneox')))
  })

  it('are not left out in silence', async () => {
    const head = await changed('gpt2', (tensors) => [...tensors, zeros('score.weight', 2, 16)])
    await expect(openModel(head)).rejects.toMatchObject({
      code: 'unknown-tensor',
      message: expect.stringContaining("'score.weight'") as string,
    })
    const twice = await changed('gpt2', (tensors) => [...tensors, zeros('ln_f.weight', 16)])
    await expect(openModel(twice)).rejects.toMatchObject({
      code: 'unknown-tensor',
      message: expect.stringMatching(/'transformer.ln_f.weight'.*'ln_f.weight'/) as string,
    })
  })

  it('of GPT-2 are refused the other way round, and told by the shape of the file', async () => {
    const name = 'transformer.h.0.mlp.c_fc.weight'
    const folder = await changed('gpt2', (tensors) =>
      tensors.map((tensor) => (tensor.name === name ? { ...tensor, shape: [64, 16] } : tensor)),
    )
    await expect(openModel(folder)).rejects.toMatchObject({
      code: 'tensor-shape',
      message: expect.stringMatching(/\[64, 16\].*\[16, 64\]/) as string,
    })
  })

  it('of GPT-2 stand in memory as those of any other', async () => {
    const { parameters, specifications } = await openModel(join(fixtures, 'gpt2'))
    const name = 'transformer.h.0.attn.c_attn.weight'
    expect(specifications.find((one) => one.name === name)!.shape).toEqual([48, 16])
    const file = await openSafetensors(join(fixtures, 'gpt2/model.safetensors'))
    const stored = await file.read(name)
    await file.close()
    const own = parameters.get(name)!.data
    for (const [out, from] of [
      [0, 1],
      [47, 0],
      [5, 15],
    ] as const)
      expect(own[out * 16 + from]).toBe(stored[from * 48 + out])
  })
})

describe('a config.json', () => {
  const published = (name: string) => readConfiguration(join(fixtures, name))

  const factors = { short_factor: [1], long_factor: [1], original_max_position_embeddings: 8 }

  it.each<[string, Record<string, unknown>, string]>([
    ['gpt2', { add_cross_attention: true }, 'add_cross_attention'],
    ['gpt2', { activation_function: 'mish' }, 'activation_function'],
    ['gpt2', { n_head: 3 }, '3 heads'],
    ['gpt2', { attn_pdrop: 1 }, 'attn_pdrop'],
    ['openai-gpt', { afn: 'gelu_new' }, 'afn'],
    ['gptneox', { rope_parameters: { rope_type: 'unheard' } }, 'rope_type'],
    ['gptneox', { rope_parameters: { rope_type: 'longrope', ...factors } }, 'longrope'],
    ['gptneox', { rotary_pct: 2 }, 'rotary_pct'],
    ['gptneox', { hidden_act: 'mish' }, 'hidden_act'],
    ['bloom', { n_head: undefined }, 'n_head'],
    ['bloom', { n_head: 3 }, '3 heads'],
    ['falcon', { attention_dropout: 0.1 }, 'attention_dropout'],
    [
      'falcon',
      { rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } },
      'partial_rotary_factor',
    ],
    ['falcon', { rope_parameters: { rope_type: 'longrope', ...factors } }, 'longrope'],
    ['falcon', { num_ln_in_parallel_attn: 2 }, 'num_ln_in_parallel_attn'],
    ['falcon-grouped', { num_kv_heads: 3 }, 'num_kv_heads'],
    ['falcon-grouped', { parallel_attn: false }, 'parallel_attn'],
    ['falcon-alibi', { num_kv_heads: 2 }, 'num_kv_heads'],
    ['falcon', { activation: 'mish' }, 'activation'],
  ])('of %s with %o is refused', async (name, changes, key) => {
    const json: Record<string, unknown> = { ...(await published(name)), ...changes }
    const family = familyOfType(json.model_type, name)
    expect(() => family.parseConfiguration(json)).toThrow(
      expect.objectContaining({
        code: 'model-configuration',
        message: expect.stringContaining(key) as string,
      }),
    )
  })

  it('leaves to each family what it leaves to the reference', () => {
    const read = (json: Record<string, unknown>) => inspectConfiguration(json).configuration
    expect(
      read({ model_type: 'gpt2', vocab_size: 50_257, n_embd: 768, n_layer: 12, n_head: 12 }),
    ).toMatchObject({
      maxPositions: 1024,
      feedForwardWidth: 3072,
      activation: 'gelu_new',
      dropout: 0.1,
      attentionDropout: 0.1,
      eosTokenId: 50_256,
    })
    const neox = { model_type: 'gpt_neox', vocab_size: 9, hidden_size: 16, intermediate_size: 64 }
    const layers = { num_hidden_layers: 1, num_attention_heads: 2 }
    expect(read({ ...neox, ...layers })).toMatchObject({
      rotaryShare: 0.25,
      rotaryTheta: 10_000,
      parallelResidual: true,
    })
    // As Polyglot-Ko has it.
    expect(read({ ...neox, ...layers, rotary_pct: 0.5, rotary_emb_base: 500 })).toMatchObject({
      rotaryShare: 0.5,
      rotaryTheta: 500,
    })
    // As BLOOM has it.
    const bloom = { model_type: 'bloom', vocab_size: 9, n_embed: 16, n_layer: 3, num_attention_heads: 4 }
    expect(read({ ...bloom, seq_length: 512 })).toMatchObject({
      width: 16,
      heads: 4,
      layers: 3,
      maxPositions: 512,
    })
    const falcon = { model_type: 'falcon', vocab_size: 9, hidden_size: 16, ...layers }
    expect(read(falcon)).toMatchObject({ keyValueHeads: 1, blocks: 'parallel', feedForwardWidth: 64 })
    expect(read({ ...falcon, new_decoder_architecture: true, num_kv_heads: 2 })).toMatchObject({
      keyValueHeads: 2,
      blocks: 'parallel-two-norms',
    })
  })

  it.each(decoderFixtures)('of %s is written so that it is read as the same', async (name) => {
    const json = await published(name)
    const family = familyOfType(json.model_type, name)
    const configuration = family.parseConfiguration(json)
    expect(family.parseConfiguration(family.formatConfiguration(configuration))).toEqual(configuration)
  })
})

describe('a new model', () => {
  const vocabulary = { size: 40, begin: 0, end: 1, padding: 2 }
  const made = (type: string, sizes: Partial<ModelSizes> = {}) => {
    const family = familyOfType(type, 'here')
    const small = { width: 16, heads: 4, decoderLayers: 2, maxPositions: 32, dropout: 0.1, ...sizes }
    return new Model(family, family.configure(type, small, vocabulary))
  }

  it.each([
    ['gpt2', {}],
    ['openai-gpt', {}],
    ['gpt_neox', { tieEmbeddings: false }],
    ['bloom', {}],
    ['falcon', {}],
    ['falcon', { keyValueHeads: 2 }],
  ])('%s with %o answers as it does after it was written and opened', async (type, sizes) => {
    const model = made(type, sizes).initialize(3)
    const folder = await mkdtemp(join(scratch, 'new-'))
    await model.write(folder)
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toMatchObject({
      model_type: type,
      bos_token_id: 0,
      eos_token_id: 1,
      pad_token_id: 2,
    })
    const rows = { inputIds: [[0, 5, 6, 39]] }
    const [before, after] = await Promise.all(
      [model, await openModel(folder)].map(async (one) => (await new ForwardPass(one).run(rows)).logits.data),
    )
    expect(after).toEqual(before)
    expect(Math.max(...before!)).toBeGreaterThan(0)
  })

  it.each([
    ['gpt2', { keyValueHeads: 2 }, 'keyValueHeads'],
    ['openai-gpt', { feedForwardWidth: 32 }, 'feedForwardWidth'],
    ['openai-gpt', { activation: 'relu2' }, 'activation'],
    ['bloom', { activation: 'relu' }, 'activation'],
    ['bloom', { feedForwardWidth: 32 }, 'feedForwardWidth'],
    ['gpt_neox', { keyValueHeads: 2 }, 'keyValueHeads'],
    ['falcon', { keyValueHeads: 3 }, '3 key heads'],
    ['gpt2', { heads: 3 }, '3 heads'],
  ] as const)('%s refuses %o, which it has no use for', (type, sizes, name) => {
    expect(() => made(type, sizes)).toThrow(new RegExp(name))
  })

  it.each([
    ['gpt2', { embeddingDropout: 0.1, dropout: 0.2, attentionDropout: 0.3 }, [0.1, 0.3, 0.2, 0.2]],
    ['openai-gpt', { embeddingDropout: 0.1, dropout: 0.2, attentionDropout: 0.3 }, [0.1, 0.3, 0.2, 0.2]],
    ['gpt_neox', { dropout: 0.2, attentionDropout: 0.3 }, [0.2, 0.3, 0.2, 0.2]],
    ['bloom', { dropout: 0.2, attentionDropout: 0.3 }, [0.3, 0.2, 0.2]],
    ['falcon', { dropout: 0.2 }, [0.2]],
  ])('%s drops what its configuration says, and only where it is trained', (type, rates, wanted) => {
    const { family, configuration } = made(type, { decoderLayers: 1 })
    const model = new Model(family, { ...configuration, ...rates } as Model['configuration'])
    const found = (training: boolean) => {
      const { logits } = (family as DecoderFamily).forward(
        model.scope({ training }),
        {
          tokens: input('tokens', ['batch', 'length'], 'int64'),
          positions: input('positions', ['batch', 'length'], 'int64'),
          mask: input('mask', ['batch', 1, 'length', 'length']),
        },
        model.configuration,
      )
      return compile({ logits }).inputs.flatMap(({ random }) => random?.rate ?? [])
    }
    expect(found(true).toSorted()).toEqual(wanted.toSorted())
    expect(found(false)).toEqual([])
  })
})
