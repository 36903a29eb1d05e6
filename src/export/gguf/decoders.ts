/** Llama and the decoders that differ from it in little, as llama.cpp knows them (src/models/llama.cpp, qwen2.cpp, qwen3.cpp, gemma.cpp). */
import {
  type ArchitectureDescription,
  float32,
  type GgufArchitecture,
  numberOf,
  type Settings,
  type TensorChange,
  type TensorRule,
  uint32,
  unsupported,
} from './architecture.ts'
import { describeRotary, pairNeighbours } from './rotary.ts'

interface RuleOptions {
  /** Positions turn neighbours. */
  readonly neighbours?: boolean
  /** Norms of every head of queries and keys. */
  readonly headNorms?: boolean
  /** What the weights of norms go through. */
  readonly norm?: TensorChange
}

function decoderRules({ neighbours = false, headNorms = false, norm }: RuleOptions): TensorRule[] {
  const turned = (heads: string) => (neighbours ? { change: pairNeighbours(heads) } : {})
  const change = norm === undefined ? {} : { change: norm }
  const layer = 'model.layers.{}'
  return [
    { from: 'model.embed_tokens', to: 'token_embd' },
    { from: `${layer}.input_layernorm`, to: 'blk.{}.attn_norm', ...change },
    { from: `${layer}.self_attn.q_proj`, to: 'blk.{}.attn_q', ...turned('num_attention_heads') },
    { from: `${layer}.self_attn.k_proj`, to: 'blk.{}.attn_k', ...turned('num_key_value_heads') },
    { from: `${layer}.self_attn.v_proj`, to: 'blk.{}.attn_v' },
    { from: `${layer}.self_attn.o_proj`, to: 'blk.{}.attn_output' },
    ...(headNorms
      ? [
          { from: `${layer}.self_attn.q_norm`, to: 'blk.{}.attn_q_norm' },
          { from: `${layer}.self_attn.k_norm`, to: 'blk.{}.attn_k_norm' },
        ]
      : []),
    { from: `${layer}.post_attention_layernorm`, to: 'blk.{}.ffn_norm', ...change },
    { from: `${layer}.mlp.gate_proj`, to: 'blk.{}.ffn_gate' },
    { from: `${layer}.mlp.up_proj`, to: 'blk.{}.ffn_up' },
    { from: `${layer}.mlp.down_proj`, to: 'blk.{}.ffn_down' },
    { from: 'model.norm', to: 'output_norm', ...change },
    { from: 'lm_head', to: 'output' },
  ]
}

/** What every decoder of the kind is told. Throws where it is not as its architecture always is. */
function describeDecoder(
  architecture: string,
  activation: readonly string[],
  settings: Settings,
): ArchitectureDescription {
  const given = String(settings.hidden_act)
  if (!activation.includes(given))
    throw unsupported(architecture, `its activation is ${given}; llama.cpp computes ${activation[0]} there`)
  const headWidth = numberOf(settings, 'head_dim')
  const rotary = describeRotary(architecture, settings, headWidth)
  const window = windowOf(settings)
  const context = numberOf(settings, 'max_position_embeddings')
  const notes =
    window === undefined || window >= context
      ? []
      : [
          `the model's layers see ${window} tokens back, and llama.cpp has no such window for '${architecture}': the file says a context of ${window}, within which both are the same`,
        ]
  return {
    values: [
      ['context_length', uint32(Math.min(context, window ?? context))],
      ['embedding_length', uint32(numberOf(settings, 'hidden_size'))],
      ['block_count', uint32(numberOf(settings, 'num_hidden_layers'))],
      ['feed_forward_length', uint32(numberOf(settings, 'intermediate_size'))],
      ['attention.head_count', uint32(numberOf(settings, 'num_attention_heads'))],
      ['attention.head_count_kv', uint32(numberOf(settings, 'num_key_value_heads'))],
      ['attention.key_length', uint32(headWidth)],
      ['attention.value_length', uint32(headWidth)],
      ['attention.layer_norm_rms_epsilon', float32(numberOf(settings, 'rms_norm_eps'))],
      ['vocab_size', uint32(numberOf(settings, 'vocab_size'))],
      ...rotary.values,
    ],
    computed: rotary.computed,
    notes,
  }
}

/** The window of any of the layers; undefined where all see everything. */
function windowOf(settings: Settings): number | undefined {
  const { sliding_window: window, use_sliding_window: isUsed = true, layer_types: layers } = settings
  if (typeof window !== 'number' || isUsed === false) return undefined
  if (Array.isArray(layers) && !layers.includes('sliding_attention')) return undefined
  return window
}

/** Weights of norms are stored as one less than what they multiply by (Gemma); llama.cpp wants the latter. */
const plusOne: TensorChange = {
  toFile: (values) => values.map((value) => value + 1),
  fromFile: (values) => values.map((value) => value - 1),
}

function decoder(
  name: string,
  modelTypes: readonly string[],
  options: RuleOptions & { readonly activation?: readonly string[] } = {},
): GgufArchitecture {
  const { activation = ['silu', 'swish'] } = options
  return {
    name,
    modelTypes,
    rules: decoderRules(options),
    describe: (settings) => describeDecoder(name, activation, settings),
  }
}

export const llamaArchitecture = decoder('llama', ['llama', 'mistral'], { neighbours: true })
export const qwen2Architecture = decoder('qwen2', ['qwen2'])
export const qwen3Architecture = decoder('qwen3', ['qwen3'], { headNorms: true })
export const gemmaArchitecture = decoder('gemma', ['gemma'], {
  norm: plusOne,
  activation: ['gelu_pytorch_tanh', 'gelu_new', 'gelu_fast'],
})
