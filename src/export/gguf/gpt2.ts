/** GPT-2 as llama.cpp knows it (src/models/gpt2.cpp): learned positions, and queries, keys and values by one layer. */
import { float32, type GgufArchitecture, numberOf, uint32, unsupported } from './architecture.ts'

const name = 'gpt2'
const layer = 'transformer.h.{}'
/** ggml's GELU is the one by the hyperbolic tangent. */
const activations = ['gelu_new', 'gelu_pytorch_tanh', 'gelu_fast']

export const gpt2Architecture: GgufArchitecture = {
  name,
  modelTypes: ['gpt2'],
  rules: [
    { from: 'transformer.wte', to: 'token_embd' },
    { from: 'transformer.wpe', to: 'position_embd' },
    { from: `${layer}.ln_1`, to: 'blk.{}.attn_norm' },
    { from: `${layer}.attn.c_attn`, to: 'blk.{}.attn_qkv' },
    { from: `${layer}.attn.c_proj`, to: 'blk.{}.attn_output' },
    { from: `${layer}.ln_2`, to: 'blk.{}.ffn_norm' },
    { from: `${layer}.mlp.c_fc`, to: 'blk.{}.ffn_up' },
    { from: `${layer}.mlp.c_proj`, to: 'blk.{}.ffn_down' },
    { from: 'transformer.ln_f', to: 'output_norm' },
    { from: 'lm_head', to: 'output' },
  ],
  describe(settings) {
    const { activation_function: activation, scale_attn_weights: isScaled } = settings
    if (!activations.includes(String(activation)))
      throw unsupported(
        name,
        `its activation is ${String(activation)}; llama.cpp computes ${activations[0]} there`,
      )
    if (isScaled !== true || settings.scale_attn_by_inverse_layer_idx === true)
      throw unsupported(name, 'its scores are scaled otherwise than by the width of a head')
    const width = numberOf(settings, 'n_embd')
    return {
      values: [
        ['context_length', uint32(numberOf(settings, 'n_positions'))],
        ['embedding_length', uint32(width)],
        ['block_count', uint32(numberOf(settings, 'n_layer'))],
        [
          'feed_forward_length',
          uint32(settings.n_inner === null ? 4 * width : numberOf(settings, 'n_inner')),
        ],
        ['attention.head_count', uint32(numberOf(settings, 'n_head'))],
        ['attention.layer_norm_epsilon', float32(numberOf(settings, 'layer_norm_epsilon'))],
      ],
    }
  },
}
