import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from '../engine/lowering.ts'
import { input } from '../engine/tensor.ts'

import { ForwardPass } from './forward.ts'
import { llama, type LlamaConfiguration } from './llama.ts'
import { llamaFixtures } from './llama/testing.ts'
import { Model, openModel, readConfiguration } from './model.ts'
import { presetConfiguration } from './presets.ts'

const folderOf = (name: string) => join(import.meta.dirname, 'fixtures', name)

type Json = Record<string, unknown>

/** Configurations as they are published, in what older versions of transformers wrote, without what nobody reads. */
const published = {
  mistral: {
    model_type: 'mistral',
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    sliding_window: 4096,
  },
  'qwen2.5': {
    model_type: 'qwen2',
    vocab_size: 151_936,
    hidden_size: 896,
    intermediate_size: 4864,
    num_hidden_layers: 24,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 1_000_000,
    sliding_window: 32_768,
    max_window_layers: 21,
    use_sliding_window: false,
    use_mrope: false,
    tie_word_embeddings: true,
  },
  gemma: {
    model_type: 'gemma',
    vocab_size: 256_000,
    hidden_size: 2048,
    intermediate_size: 16_384,
    num_hidden_layers: 18,
    num_attention_heads: 8,
    num_key_value_heads: 1,
    head_dim: 256,
    hidden_act: 'gelu',
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
  },
  gemma2: {
    model_type: 'gemma2',
    vocab_size: 256_000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_act: 'gelu_pytorch_tanh',
    hidden_activation: 'gelu_pytorch_tanh',
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    max_position_embeddings: 8192,
    rope_theta: 10_000,
  },
  gemma3: {
    model_type: 'gemma3_text',
    vocab_size: 262_144,
    hidden_size: 1152,
    intermediate_size: 6912,
    num_hidden_layers: 26,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 256,
    query_pre_attn_scalar: 256,
    sliding_window: 512,
    sliding_window_pattern: 6,
    max_position_embeddings: 32_768,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
    rope_scaling: { factor: 8, rope_type: 'linear' },
    attn_logit_softcapping: null,
  },
  'phi3-128k': {
    model_type: 'phi3',
    vocab_size: 32_064,
    hidden_size: 3072,
    intermediate_size: 8192,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    max_position_embeddings: 131_072,
    original_max_position_embeddings: 4096,
    rope_scaling: { type: 'su', short_factor: Array(48).fill(1.1), long_factor: Array(48).fill(20) },
    sliding_window: 262_144,
    resid_pdrop: 0,
    embd_pdrop: 0,
  },
  'exaone-3.5': {
    model_type: 'exaone',
    vocab_size: 102_400,
    hidden_size: 2560,
    intermediate_size: 7168,
    num_layers: 30,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 80,
    activation_function: 'silu',
    layer_norm_epsilon: 1e-5,
    max_position_embeddings: 32_768,
    rope_theta: 1_000_000,
    rope_scaling: {
      factor: 8,
      high_freq_factor: 4,
      low_freq_factor: 1,
      original_max_position_embeddings: 8192,
      rope_type: 'llama3',
    },
    attention_dropout: 0,
    embed_dropout: 0,
    tie_word_embeddings: true,
  },
  'exaone-4.0': {
    model_type: 'exaone4',
    vocab_size: 102_400,
    hidden_size: 5120,
    intermediate_size: 27_392,
    num_hidden_layers: 64,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 131_072,
    rope_theta: 1_000_000,
    sliding_window: 4096,
    sliding_window_pattern: 'LLLG',
    layer_types: Array.from({ length: 64 }, (_, layer) =>
      layer % 4 === 3 ? 'full_attention' : 'sliding_attention',
    ),
  },
} satisfies Record<string, Json>

const read = (json: Json) => llama.parseConfiguration(json)

/** What JSON leaves of it. */
const again = (configuration: LlamaConfiguration) =>
  read(JSON.parse(JSON.stringify(llama.formatConfiguration(configuration))) as Json)

const every = (layers: number, ...skipped: number[]) =>
  Array.from({ length: layers }, (_, layer) => layer).filter((layer) => !skipped.includes(layer))

describe('a config.json of the Llama family', () => {
  it.each(llamaFixtures)('%s says after writing what it said before', async (name) => {
    const json = await readConfiguration(folderOf(name))
    const configuration = read(json)
    expect(again(configuration)).toEqual(configuration)
    const written = llama.formatConfiguration(configuration)
    expect([written.model_type, written.architectures]).toEqual([json.model_type, json.architectures])
  })

  it.each(Object.entries(published))('%s as published says the same after writing', (_, json) => {
    expect(again(read(json))).toEqual(read(json))
  })

  it('says which layers slide, how far, and by what base', () => {
    expect(read(published.mistral).slidingWindow).toMatchObject({ size: 4096, layers: every(32) })
    const { sliding_window: _, ...unsaid } = published.mistral
    expect(read(unsaid).slidingWindow).toMatchObject({ size: 4096 })
    expect(read({ ...published.mistral, sliding_window: null }).slidingWindow).toBeNull()
    expect(read(published['qwen2.5']).slidingWindow).toBeNull()
    expect(read({ ...published['qwen2.5'], use_sliding_window: true }).slidingWindow).toMatchObject({
      layers: [21, 22, 23],
    })
    expect(read(published.gemma2).slidingWindow!.layers).toEqual(every(26).filter((layer) => layer % 2 === 0))
    expect(read(published.gemma3)).toMatchObject({
      rotary: { theta: 1_000_000, scaling: { rope_type: 'linear', factor: 8 } },
      slidingWindow: {
        size: 512,
        layers: every(26, 5, 11, 17, 23),
        rotary: { theta: 10_000, scaling: { rope_type: 'default' } },
      },
    })
    expect(read({ ...published.gemma3, sliding_window_pattern: 2 }).slidingWindow!.layers).toEqual(
      every(26).filter((layer) => layer % 2 === 0),
    )
  })

  it('says of EXAONE 4 that layers that see everything know no positions, but where none slides', () => {
    const hybrid = read(published['exaone-4.0'])
    expect(hybrid.rotary).toBeNull()
    expect(hybrid.slidingWindow).toMatchObject({ rotary: { theta: 1_000_000 }, layers: { length: 48 } })
    const { layer_types: _, ...rest } = published['exaone-4.0']
    const counted = read({ ...rest, sliding_window_pattern: 4 })
    expect(counted).toEqual(hybrid)
    const full = read({ ...rest, sliding_window: null, sliding_window_pattern: null })
    expect(full).toMatchObject({ slidingWindow: null, rotary: { theta: 1_000_000 } })
    expect(again(full)).toEqual(full)
  })

  it('says what was published under other names or left out', () => {
    expect(read(published.gemma)).toMatchObject({ activation: 'gelu_pytorch_tanh', tieEmbeddings: true })
    expect(read(published['phi3-128k']).rotary!.scaling).toMatchObject({
      rope_type: 'longrope',
      original_max_position_embeddings: 4096,
      short_factor: { length: 48 },
    })
    expect(read(published['exaone-3.5'])).toMatchObject({
      layers: 30,
      normEpsilon: 1e-5,
      activation: 'silu',
      rotary: { scaling: { rope_type: 'llama3' } },
    })
    const { head_dim: _, ...gemma } = published.gemma
    expect(read(gemma).headWidth).toBe(256)
    const { attn_logit_softcapping: _scores, final_logit_softcapping: _logits, ...gemma2 } = published.gemma2
    expect(read(gemma2)).toMatchObject({ attentionSoftCap: 50, logitSoftCap: 30 })
    expect(
      read({ ...published.gemma2, attn_logit_softcapping: null, final_logit_softcapping: null }),
    ).toMatchObject({ attentionSoftCap: null, logitSoftCap: null })
    const mixtral = presetConfiguration('mixtral-8x7b') as Json
    expect(read(mixtral)).toMatchObject({ experts: { count: 8, perToken: 2 }, slidingWindow: null })
  })

  it.each<[keyof typeof published | 'mixtral', Json, string]>([
    ['mistral', { num_key_value_heads: 5 }, 'num_key_value_heads'],
    ['mistral', { num_attention_heads: 24 }, 'heads'],
    ['mistral', { sliding_window: -1 }, 'sliding_window'],
    ['mistral', { layer_types: ['sliding_attention'] }, 'layer_types'],
    ['mistral', { partial_rotary_factor: 0.5 }, 'partial_rotary_factor'],
    ['mistral', { rope_parameters: { full_attention: {} } }, 'rope_parameters.full_attention'],
    ['mistral', { rope_scaling: { type: 'mrope', mrope_section: [1, 2] } }, 'mrope_section'],
    ['mistral', { hidden_act: 'quick_gelu' }, 'hidden_act'],
    ['mixtral', { router_jitter_noise: 0.1 }, 'router_jitter_noise'],
    ['mixtral', { output_router_logits: true }, 'output_router_logits'],
    ['mixtral', { num_experts_per_tok: 0 }, 'num_experts_per_tok'],
    ['mixtral', { num_experts_per_tok: 9 }, 'num_experts_per_tok'],
    ['qwen2.5', { layer_types: ['full_attention'] }, 'layer_types'],
    ['qwen2.5', { layer_types: Array(24).fill('chunked_attention') }, 'layer_types'],
    ['qwen2.5', { layer_types: Array(24).fill('sliding_attention') }, 'sliding_window'],
    ['gemma', { hidden_activation: 'gelu' }, 'hidden_activation'],
    ['gemma', { use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    ['gemma2', { attn_logit_softcapping: 0 }, 'attn_logit_softcapping'],
    ['gemma2', { sliding_window: null }, 'sliding_window'],
    ['gemma2', { hidden_activation: 'mish' }, 'hidden_activation'],
    ['gemma3', { attn_logit_softcapping: 50 }, 'attn_logit_softcapping'],
    ['gemma3', { use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    ['gemma3', { rope_parameters: { sliding_attention: { rope_type: 'su' } } }, 'rope_scaling.rope_type'],
    ['phi3-128k', { embd_pdrop: 0.1 }, 'embd_pdrop'],
    ['phi3-128k', { resid_pdrop: 1 }, 'resid_pdrop'],
    ['phi3-128k', { partial_rotary_factor: 0.5 }, 'rope_scaling.short_factor'],
    ['phi3-128k', { rope_scaling: { type: 'yarn2', short_factor: [], long_factor: [] } }, 'rope_type'],
    ['exaone-3.5', { embed_dropout: 0.1 }, 'embed_dropout'],
    ['exaone-3.5', { resid_dropout: 0.1 }, 'resid_dropout'],
    ['exaone-4.0', { layer_types: null }, 'sliding_window_pattern'],
    ['exaone-4.0', { layer_types: Array(64).fill('full_attention') }, 'sliding_window'],
  ])('is refused where it says what is not computed: %s with %o', (name, change, field) => {
    const json = name === 'mixtral' ? (presetConfiguration('mixtral-8x7b') as Json) : published[name]
    expect(() => read({ ...json, ...change })).toThrow(
      expect.objectContaining({
        name: 'YuksuError',
        message: expect.stringMatching(new RegExp(`^[^\\n]*${field}[^\\n]*$`)) as string,
      }),
    )
  })
})

describe('a new model', () => {
  const sizes = { width: 16, heads: 4, decoderLayers: 2, keyValueHeads: 2, maxPositions: 24, dropout: 0 }
  const vocabulary = { size: 20, begin: 0, end: 2, padding: 1 }

  it.each(llama.modelTypes)('of %s computes, and is read as it was described', async (modelType) => {
    const configuration = llama.configure(modelType, sizes, vocabulary)
    expect(configuration).toMatchObject({ modelType, keyValueHeads: 2, headWidth: 4, bosTokenId: 0 })
    expect(again(configuration)).toEqual(configuration)
    const pass = new ForwardPass(new Model(llama, configuration).initialize(3))
    const { logits } = await pass.run({ inputIds: [[3, 4, 5]] })
    await pass.release()
    expect(logits.shape).toEqual([1, 3, 20])
    const spread = Math.max(...logits.data) - Math.min(...logits.data)
    expect(spread).toBeGreaterThan(0.01)
    expect(spread).toBeLessThan(100)
  })
})

describe('windows', () => {
  const row = Array.from({ length: 16 }, (_, index) => 3 + ((index * 17) % 50))

  /** How far a change of the first token is felt. */
  async function reach(name: string): Promise<number[]> {
    const pass = new ForwardPass(await openModel(folderOf(name)))
    const { logits } = await pass.run({ inputIds: [row, row.with(0, 60)] })
    await pass.release()
    const [, length, vocabulary] = logits.shape as [number, number, number]
    return Array.from({ length }, (_, index) => index).filter((index) => {
      const at = (which: number) => (which * length + index) * vocabulary
      return row.some((_, word) => logits.data[at(0) + word] !== logits.data[at(1) + word])
    })
  }

  it('of all layers let a token be felt no farther than they reach together', async () => {
    // Two layers of four tokens each.
    expect(await reach('mistral')).toEqual(every(7))
  })

  it('of some layers leave the others to see everything', async () => {
    expect(await reach('gemma2')).toEqual(every(16))
    expect(await reach('llama')).toEqual(every(16))
  })

  it('that reach as far as there are positions cost no mask of their own', async () => {
    const model = await openModel(folderOf('mistral'))
    const configuration = model.configuration as LlamaConfiguration
    const operations = (size: number) => {
      const given = { ...configuration, slidingWindow: { ...configuration.slidingWindow!, size } }
      const { logits } = llama.forward(
        new Model(llama, given).scope(),
        {
          tokens: input('tokens', [1, 4], 'int64'),
          positions: input('positions', [1, 4], 'int64'),
          mask: input('mask', [1, 1, 4, 4]),
        },
        given,
      )
      return compile({ logits }).operations.map(({ name }) => name)
    }
    expect(operations(63)).toContain('keyDistances')
    expect(operations(64)).not.toContain('keyDistances')
  })
})
