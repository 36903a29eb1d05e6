/**
 * Decoders whose queries, keys and values are one layer with the three of a head side by side, as llama.cpp knows them (src/models/gptneox.cpp,
 * bloom.cpp). There all queries come first, then all keys, then all values.
 */
import {
  bool,
  float32,
  type GgufArchitecture,
  numberOf,
  type TensorChange,
  type TensorRule,
  uint32,
  unsupported,
} from './architecture.ts'
import { describeRotary } from './rotary.ts'

/** Blocks of rows, `[heads, 3]` of them, put into the order `[3, heads]`; the setting says how many heads there are. */
function partsFirst(heads: string): TensorChange {
  const moved = (
    values: Float32Array,
    count: number,
    place: (head: number, part: number) => [number, number],
  ) => {
    const length = values.length / (3 * count)
    const result = new Float32Array(values.length)
    for (let head = 0; head < count; head++) {
      for (let part = 0; part < 3; part++) {
        const [from, to] = place(head, part)
        result.set(values.subarray(from * length, (from + 1) * length), to * length)
      }
    }
    return result
  }
  return {
    toFile(values, _shape, settings) {
      const count = numberOf(settings, heads)
      return moved(values, count, (head, part) => [3 * head + part, part * count + head])
    },
    fromFile(values, _shape, settings) {
      const count = numberOf(settings, heads)
      return moved(values, count, (head, part) => [part * count + head, 3 * head + part])
    },
  }
}

/** What both have in each layer under the same names. */
function layerRules(layer: string, attention: string, heads: string): TensorRule[] {
  return [
    { from: `${layer}.input_layernorm`, to: 'blk.{}.attn_norm' },
    { from: `${layer}.${attention}.query_key_value`, to: 'blk.{}.attn_qkv', change: partsFirst(heads) },
    { from: `${layer}.${attention}.dense`, to: 'blk.{}.attn_output' },
    { from: `${layer}.post_attention_layernorm`, to: 'blk.{}.ffn_norm' },
    { from: `${layer}.mlp.dense_h_to_4h`, to: 'blk.{}.ffn_up' },
    { from: `${layer}.mlp.dense_4h_to_h`, to: 'blk.{}.ffn_down' },
  ]
}

export const neoxArchitecture: GgufArchitecture = {
  name: 'gptneox',
  modelTypes: ['gpt_neox'],
  rules: [
    { from: 'gpt_neox.embed_in', to: 'token_embd' },
    ...layerRules('gpt_neox.layers.{}', 'attention', 'num_attention_heads'),
    { from: 'gpt_neox.final_layer_norm', to: 'output_norm' },
    { from: 'embed_out', to: 'output' },
  ],
  describe(settings) {
    const width = numberOf(settings, 'hidden_size')
    const heads = numberOf(settings, 'num_attention_heads')
    const activation = String(settings.hidden_act)
    if (!activation.startsWith('gelu'))
      throw unsupported('gptneox', `its activation is ${activation}; llama.cpp computes gelu there`)
    if (settings.tie_word_embeddings === true)
      throw unsupported('gptneox', 'its output is its embeddings, and llama.cpp wants one of its own')
    if (settings.attention_bias === false)
      throw unsupported('gptneox', 'its attention has no biases, and llama.cpp wants them')
    const rotary = describeRotary(
      'gptneox',
      settings,
      Math.trunc((width / heads) * numberOf(settings, 'rotary_pct')),
    )
    return {
      values: [
        ['context_length', uint32(numberOf(settings, 'max_position_embeddings'))],
        ['embedding_length', uint32(width)],
        ['block_count', uint32(numberOf(settings, 'num_hidden_layers'))],
        ['feed_forward_length', uint32(numberOf(settings, 'intermediate_size'))],
        ['attention.head_count', uint32(heads)],
        ['attention.layer_norm_epsilon', float32(numberOf(settings, 'layer_norm_eps'))],
        ['use_parallel_residual', bool(settings.use_parallel_residual === true)],
        ...rotary.values,
      ],
      computed: rotary.computed,
      notes:
        activation === 'gelu'
          ? [
              'llama.cpp computes GELU by the hyperbolic tangent, which differs from the model’s by up to 5e-4',
            ]
          : [],
    }
  },
}

export const bloomArchitecture: GgufArchitecture = {
  name: 'bloom',
  modelTypes: ['bloom'],
  rules: [
    { from: 'transformer.word_embeddings', to: 'token_embd' },
    { from: 'transformer.word_embeddings_layernorm', to: 'token_embd_norm' },
    ...layerRules('transformer.h.{}', 'self_attention', 'n_head'),
    { from: 'transformer.ln_f', to: 'output_norm' },
    { from: 'lm_head', to: 'output' },
  ],
  describe(settings) {
    if (settings.apply_residual_connection_post_layernorm === true)
      throw unsupported(
        'bloom',
        'blocks are added to what their norms give, and llama.cpp adds to what they read',
      )
    const width = numberOf(settings, 'hidden_size')
    const heads = numberOf(settings, 'n_head')
    if ((heads & (heads - 1)) !== 0)
      throw unsupported('bloom', `${heads} heads are no power of two, for which slopes of positions differ`)
    return {
      values: [
        ['context_length', uint32(numberOf(settings, 'seq_length'))],
        ['embedding_length', uint32(width)],
        ['block_count', uint32(numberOf(settings, 'n_layer'))],
        ['feed_forward_length', uint32(4 * width)],
        ['attention.head_count', uint32(heads)],
        ['attention.head_count_kv', uint32(heads)],
        ['attention.layer_norm_epsilon', float32(numberOf(settings, 'layer_norm_epsilon'))],
      ],
    }
  },
}
