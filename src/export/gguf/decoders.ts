/** Llama and the decoders that differ from it in little, as llama.cpp knows them (src/models/llama.cpp, qwen2.cpp, qwen3.cpp, gemma.cpp,
 * gemma3.cpp, exaone4.cpp, phi3.cpp). */
import { partialRotaryWidth } from '../../nn/rotary.ts'
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

/** Where a model type's parameters and settings have other names than Llama's. */
interface Names {
  readonly embeddings: string
  readonly layer: string
  readonly attention: string
  readonly output: string
  readonly gate: string
  readonly up: string
  readonly down: string
  /** The norms of a layer with their places in the file. */
  readonly norms: Readonly<Record<string, string>>
  readonly finalNorm: string
  readonly settings: { readonly layers: string; readonly activation: string; readonly epsilon: string }
}

const llamaNames: Names = {
  embeddings: 'model.embed_tokens',
  layer: 'model.layers.{}',
  attention: 'self_attn',
  output: 'o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
  norms: { input_layernorm: 'attn_norm', post_attention_layernorm: 'ffn_norm' },
  finalNorm: 'model.norm',
  settings: { layers: 'num_hidden_layers', activation: 'hidden_act', epsilon: 'rms_norm_eps' },
}

interface DecoderOptions {
  readonly names?: Partial<Names>
  /** Positions turn neighbours. */
  readonly neighbours?: boolean
  /** Norms of every head of queries and keys. */
  readonly headNorms?: boolean
  /** What the weights of norms go through. */
  readonly norm?: TensorChange
  /** The names of the activation that llama.cpp computes; SiLU by default. */
  readonly activation?: readonly string[]
  /** llama.cpp takes it that the heads share the model's width. */
  readonly sharesWidth?: boolean
  /** How much of a head positions turn, where it is not all of it. */
  readonly turnedWidth?: (settings: Settings) => number
  /** What this architecture is told besides. It has windows itself then, and throws where the model's are others. */
  readonly describe?: (settings: Settings) => ArchitectureDescription['values']
}

function decoderRules({
  names: given,
  neighbours = false,
  headNorms = false,
  norm,
}: DecoderOptions): TensorRule[] {
  const names = { ...llamaNames, ...given }
  const turned = (heads: string) => (neighbours ? { change: pairNeighbours(heads) } : {})
  const change = norm === undefined ? {} : { change: norm }
  const attention = `${names.layer}.${names.attention}`
  return [
    { from: names.embeddings, to: 'token_embd' },
    ...Object.entries(names.norms).map(([own, to]) => ({
      from: `${names.layer}.${own}`,
      to: `blk.{}.${to}`,
      ...change,
    })),
    // Where one layer gives all three, or both halves of the gated block, llama.cpp has one too.
    { from: `${attention}.qkv_proj`, to: 'blk.{}.attn_qkv' },
    { from: `${names.layer}.mlp.gate_up_proj`, to: 'blk.{}.ffn_up' },
    { from: `${attention}.q_proj`, to: 'blk.{}.attn_q', ...turned('num_attention_heads') },
    { from: `${attention}.k_proj`, to: 'blk.{}.attn_k', ...turned('num_key_value_heads') },
    { from: `${attention}.v_proj`, to: 'blk.{}.attn_v' },
    { from: `${attention}.${names.output}`, to: 'blk.{}.attn_output' },
    ...(headNorms
      ? [
          { from: `${attention}.q_norm`, to: 'blk.{}.attn_q_norm', ...change },
          { from: `${attention}.k_norm`, to: 'blk.{}.attn_k_norm', ...change },
        ]
      : []),
    { from: `${names.layer}.${names.gate}`, to: 'blk.{}.ffn_gate' },
    { from: `${names.layer}.${names.up}`, to: 'blk.{}.ffn_up' },
    { from: `${names.layer}.${names.down}`, to: 'blk.{}.ffn_down' },
    { from: names.finalNorm, to: 'output_norm', ...change },
    { from: 'lm_head', to: 'output' },
  ]
}

/** What every decoder of the kind is told. Throws where it is not as its architecture always is. */
function describeDecoder(
  architecture: string,
  { names, activation = ['silu', 'swish'], describe, turnedWidth, sharesWidth = false }: DecoderOptions,
  settings: Settings,
): ArchitectureDescription {
  const own = names?.settings ?? llamaNames.settings
  const given = String(settings[own.activation])
  if (!activation.includes(given))
    throw unsupported(architecture, `its activation is ${given}; llama.cpp computes ${activation[0]} there`)
  const headWidth = numberOf(settings, 'head_dim')
  const width = numberOf(settings, 'hidden_size')
  const heads = numberOf(settings, 'num_attention_heads')
  if (sharesWidth && headWidth * heads !== width)
    throw unsupported(
      architecture,
      `its ${heads} heads are ${headWidth} wide; llama.cpp takes it that they share the width of ${width}`,
    )
  const rotary = describeRotary(architecture, settings, turnedWidth?.(settings) ?? headWidth)
  const context = numberOf(settings, 'max_position_embeddings')
  const window = describe === undefined ? windowOf(settings) : undefined
  const notes =
    window === undefined || window >= context
      ? []
      : [
          `the model's layers see ${window} tokens back, and llama.cpp has no such window for '${architecture}': the file says a context of ${window}, within which both are the same`,
        ]
  return {
    values: [
      ['context_length', uint32(Math.min(context, window ?? context))],
      ['embedding_length', uint32(width)],
      ['block_count', uint32(numberOf(settings, own.layers))],
      ['feed_forward_length', uint32(numberOf(settings, 'intermediate_size'))],
      ['attention.head_count', uint32(heads)],
      ['attention.head_count_kv', uint32(numberOf(settings, 'num_key_value_heads'))],
      ['attention.key_length', uint32(headWidth)],
      ['attention.value_length', uint32(headWidth)],
      ['attention.layer_norm_rms_epsilon', float32(numberOf(settings, own.epsilon))],
      ['vocab_size', uint32(numberOf(settings, 'vocab_size'))],
      ...rotary.values,
      ...(describe?.(settings) ?? []),
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
  options: DecoderOptions = {},
): GgufArchitecture {
  return {
    name,
    modelTypes,
    rules: decoderRules(options),
    describe: (settings) => describeDecoder(name, options, settings),
  }
}

const geluTanh = ['gelu_pytorch_tanh', 'gelu_new', 'gelu_fast']

export const llamaArchitecture = decoder('llama', ['llama', 'mistral'], { neighbours: true })
export const qwen2Architecture = decoder('qwen2', ['qwen2'])
export const qwen3Architecture = decoder('qwen3', ['qwen3'], { headNorms: true })
export const gemmaArchitecture = decoder('gemma', ['gemma'], { norm: plusOne, activation: geluTanh })

/** Gemma 2 and 3 norm what blocks read and what they add. */
const gemmaNames: Partial<Names> = {
  norms: {
    input_layernorm: 'attn_norm',
    post_attention_layernorm: 'post_attention_norm',
    pre_feedforward_layernorm: 'ffn_norm',
    post_feedforward_layernorm: 'post_ffw_norm',
  },
  settings: { ...llamaNames.settings, activation: 'hidden_activation' },
}

export const gemma2Architecture = decoder('gemma2', ['gemma2'], {
  norm: plusOne,
  activation: geluTanh,
  names: gemmaNames,
  describe(settings) {
    const layers = numberOf(settings, 'num_hidden_layers')
    // llama.cpp tells the largest of the published models by its layers.
    const scalar =
      layers === 46
        ? numberOf(settings, 'hidden_size') / numberOf(settings, 'num_attention_heads')
        : numberOf(settings, 'head_dim')
    const { query_pre_attn_scalar: given = scalar, layer_types: types } = settings
    if (given !== scalar)
      throw unsupported('gemma2', `its query_pre_attn_scalar is ${String(given)}; llama.cpp takes ${scalar}`)
    const wanted = Array.from({ length: layers }, (_, layer) =>
      layer % 2 === 0 ? 'sliding_attention' : 'full_attention',
    )
    if (String(types) !== String(wanted))
      throw unsupported('gemma2', 'other layers than every second, from the first, have a window')
    return [
      ['attention.sliding_window', uint32(numberOf(settings, 'sliding_window'))],
      ['attn_logit_softcapping', float32(cap(settings, 'attn_logit_softcapping'))],
      ['final_logit_softcapping', float32(cap(settings, 'final_logit_softcapping'))],
    ]
  },
})

/** How many layers published Gemma 3 models have, by which llama.cpp knows the largest. */
const largestGemma3Layers = 62

export const gemma3Architecture = decoder('gemma3', ['gemma3_text'], {
  norm: plusOne,
  headNorms: true,
  activation: geluTanh,
  names: gemmaNames,
  describe(settings) {
    const layers = numberOf(settings, 'num_hidden_layers')
    const scalar =
      layers === largestGemma3Layers
        ? numberOf(settings, 'hidden_size') / numberOf(settings, 'num_attention_heads')
        : numberOf(settings, 'head_dim')
    if (settings.query_pre_attn_scalar !== scalar)
      throw unsupported(
        'gemma3',
        `its query_pre_attn_scalar is ${String(settings.query_pre_attn_scalar)}; llama.cpp takes ${scalar}`,
      )
    const wanted = Array.from({ length: layers }, (_, layer) =>
      (layer + 1) % 6 === 0 ? 'full_attention' : 'sliding_attention',
    )
    if (String(settings.layer_types) !== String(wanted))
      throw unsupported('gemma3', 'other layers than five of six, from the first, have a window')
    const { sliding_attention: local } = settings.rope_parameters as { sliding_attention: Settings }
    if (local.rope_theta !== 10_000 || local.rope_type !== 'default')
      throw unsupported('gemma3', 'layers with a window turn positions by another base than 10000')
    if (typeof settings.final_logit_softcapping === 'number')
      throw unsupported('gemma3', 'its logits are bounded (final_logit_softcapping)')
    return [['attention.sliding_window', uint32(numberOf(settings, 'sliding_window'))]]
  },
})

export const exaone4Architecture = decoder('exaone4', ['exaone4'], {
  sharesWidth: true,
  headNorms: true,
  names: {
    norms: {
      post_attention_layernorm: 'post_attention_norm',
      post_feedforward_layernorm: 'post_ffw_norm',
    },
  },
  describe(settings) {
    if (typeof settings.sliding_window === 'number')
      throw unsupported(
        'exaone4',
        'layers with a window are not written yet; models of 1.2 billion parameters have none',
      )
    return []
  },
})

export const phi3Architecture = decoder('phi3', ['phi3'], {
  sharesWidth: true,
  turnedWidth: (settings) =>
    partialRotaryWidth(numberOf(settings, 'head_dim'), numberOf(settings, 'partial_rotary_factor')),
})

function cap(settings: Settings, name: string): number {
  const value = settings[name]
  if (typeof value === 'number') return value
  throw unsupported('gemma2', `it has no ${name}, and llama.cpp always has one`)
}

export const exaoneArchitecture = decoder('exaone', ['exaone'], {
  names: {
    embeddings: 'transformer.wte',
    layer: 'transformer.h.{}',
    attention: 'attn.attention',
    output: 'out_proj',
    gate: 'mlp.c_fc_0',
    up: 'mlp.c_fc_1',
    down: 'mlp.c_proj',
    norms: { ln_1: 'attn_norm', ln_2: 'ffn_norm' },
    finalNorm: 'transformer.ln_f',
    settings: { layers: 'num_layers', activation: 'activation_function', epsilon: 'layer_norm_epsilon' },
  },
})
