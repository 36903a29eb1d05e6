/**
 * Llama (Touvron et al., 2023): a decoder with root-mean-square norms, rotary positions, gated feed-forward blocks and
 * key/value heads that query heads may share.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { rotary } from '../engine/ops/rotary.ts'
import type { Tensor } from '../engine/tensor.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { rmsNorm } from '../nn/normalization.ts'
import { rotaryTables } from '../nn/rotary.ts'
import type { RopeScaling } from '../nn/rotary-scaling.ts'
import type { Scope } from '../nn/scope.ts'
import { parseWith } from './configuration.ts'
import type {
  DecoderFamily,
  DecoderInputs,
  ModelSizes,
  ParameterSpecification,
  Prediction,
  Vocabulary,
} from './family.ts'
import { initializationDeviation } from './family.ts'
import { formatRope, parseRope, ropeKeys } from './rope-configuration.ts'

export interface LlamaConfiguration {
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly feedForwardWidth: number
  readonly activation: Activation
  readonly maxPositions: number
  readonly normEpsilon: number
  readonly rotaryTheta: number
  readonly rotaryScaling: RopeScaling
  readonly attentionBias: boolean
  readonly feedForwardBias: boolean
  readonly tieEmbeddings: boolean
  readonly initializationDeviation: number
  readonly bosTokenId: number | null
  readonly eosTokenId: number | readonly number[] | null
  readonly padTokenId: number | null
}

const count = z.number().int().positive()

const schema = z.object({
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  intermediate_size: count,
  hidden_act: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('silu'),
  max_position_embeddings: count.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  ...ropeKeys,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  initializer_range: z.number().positive().default(0.02),
  bos_token_id: z.number().int().nullish(),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  pad_token_id: z.number().int().nullish(),
  attention_dropout: z.literal(0, 'attention dropout is not supported; set it to 0').default(0),
})

function parseConfiguration(json: Readonly<Record<string, unknown>>): LlamaConfiguration {
  const given = parseWith(schema, json, 'Llama')
  const rope = parseRope(given, 'Llama')
  return {
    vocabularySize: given.vocab_size,
    width: given.hidden_size,
    layers: given.num_hidden_layers,
    heads: given.num_attention_heads,
    keyValueHeads: given.num_key_value_heads ?? given.num_attention_heads,
    headWidth: given.head_dim ?? given.hidden_size / given.num_attention_heads,
    feedForwardWidth: given.intermediate_size,
    activation: given.hidden_act,
    maxPositions: given.max_position_embeddings,
    normEpsilon: given.rms_norm_eps,
    rotaryTheta: rope.theta,
    rotaryScaling: rope.scaling,
    attentionBias: given.attention_bias,
    feedForwardBias: given.mlp_bias,
    tieEmbeddings: given.tie_word_embeddings,
    initializationDeviation: given.initializer_range,
    bosTokenId: given.bos_token_id ?? null,
    eosTokenId: given.eos_token_id ?? null,
    padTokenId: given.pad_token_id ?? null,
  }
}

function formatConfiguration(configuration: LlamaConfiguration): Record<string, unknown> {
  const { rotaryScaling, rotaryTheta } = configuration
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.width,
    num_hidden_layers: configuration.layers,
    num_attention_heads: configuration.heads,
    num_key_value_heads: configuration.keyValueHeads,
    head_dim: configuration.headWidth,
    intermediate_size: configuration.feedForwardWidth,
    hidden_act: configuration.activation,
    max_position_embeddings: configuration.maxPositions,
    rms_norm_eps: configuration.normEpsilon,
    ...formatRope({ theta: rotaryTheta, scaling: rotaryScaling, share: undefined }),
    attention_bias: configuration.attentionBias,
    mlp_bias: configuration.feedForwardBias,
    attention_dropout: 0,
    tie_word_embeddings: configuration.tieEmbeddings,
    initializer_range: configuration.initializationDeviation,
    bos_token_id: configuration.bosTokenId,
    eos_token_id: configuration.eosTokenId,
    pad_token_id: configuration.padTokenId,
    torch_dtype: 'float32',
  }
}

function parameters(configuration: LlamaConfiguration): ParameterSpecification[] {
  const { width, headWidth, heads, keyValueHeads, feedForwardWidth, vocabularySize } = configuration
  const normal = { deviation: configuration.initializationDeviation }
  const specifications: ParameterSpecification[] = []
  const declare = (name: string, shape: number[], initialization: ParameterSpecification['initialization']) =>
    specifications.push({ name, shape, initialization, trainable: true })
  const dense = (name: string, from: number, to: number, bias: boolean) => {
    declare(`${name}.weight`, [to, from], normal)
    if (bias) declare(`${name}.bias`, [to], 'zeros')
  }
  declare('model.embed_tokens.weight', [vocabularySize, width], normal)
  for (let index = 0; index < configuration.layers; index++) {
    const layer = `model.layers.${index}`
    dense(`${layer}.self_attn.q_proj`, width, heads * headWidth, configuration.attentionBias)
    dense(`${layer}.self_attn.k_proj`, width, keyValueHeads * headWidth, configuration.attentionBias)
    dense(`${layer}.self_attn.v_proj`, width, keyValueHeads * headWidth, configuration.attentionBias)
    dense(`${layer}.self_attn.o_proj`, heads * headWidth, width, configuration.attentionBias)
    dense(`${layer}.mlp.gate_proj`, width, feedForwardWidth, configuration.feedForwardBias)
    dense(`${layer}.mlp.up_proj`, width, feedForwardWidth, configuration.feedForwardBias)
    dense(`${layer}.mlp.down_proj`, feedForwardWidth, width, configuration.feedForwardBias)
    declare(`${layer}.input_layernorm.weight`, [width], 'ones')
    declare(`${layer}.post_attention_layernorm.weight`, [width], 'ones')
  }
  declare('model.norm.weight', [width], 'ones')
  if (!configuration.tieEmbeddings) declare('lm_head.weight', [vocabularySize, width], normal)
  return specifications
}

function gatedFeedForward(scope: Scope, x: Tensor, activation: Activation): Tensor {
  const gate = activations[activation](linear(scope.at('gate_proj'), x))
  return linear(scope.at('down_proj'), multiply(gate, linear(scope.at('up_proj'), x)))
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: LlamaConfiguration): Prediction {
  const { tokens, positions, mask, cache } = inputs
  const { heads, keyValueHeads, headWidth, normEpsilon } = configuration
  const { cosines, sines } = rotaryTables(inputs.positionCount ?? configuration.maxPositions, {
    width: headWidth,
    theta: configuration.rotaryTheta,
    scaling: configuration.rotaryScaling,
    maxPositions: configuration.maxPositions,
  })
  const turn = (x: Tensor) => rotary(x, positions, cosines, sines)
  const selfAttention = (block: Scope, x: Tensor): Tensor => {
    const query = turn(splitHeads(linear(block.at('q_proj'), x), heads))
    const own = {
      key: turn(splitHeads(linear(block.at('k_proj'), x), keyValueHeads)),
      value: splitHeads(linear(block.at('v_proj'), x), keyValueHeads),
    }
    const { key, value } = cache === undefined ? own : cache.extend(block.path, own)
    const options = { scale: 1 / Math.sqrt(headWidth), mask }
    return linear(block.at('o_proj'), mergeHeads(attention(query, key, value, options)))
  }
  let x = scope.boundary(embedding(scope.at('model.embed_tokens'), tokens))
  for (const layer of scope.each('model.layers', configuration.layers)) {
    x = add(x, selfAttention(layer.at('self_attn'), rmsNorm(layer.at('input_layernorm'), x, normEpsilon)))
    const h = rmsNorm(layer.at('post_attention_layernorm'), x, normEpsilon)
    x = scope.boundary(add(x, gatedFeedForward(layer.at('mlp'), h, configuration.activation)))
  }
  if (inputs.onlyLast) x = lastPosition(x)
  return { logits: linear(scope.at('lm_head'), rmsNorm(scope.at('model.norm'), x, normEpsilon)) }
}

function configure(_modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): LlamaConfiguration {
  const { width = 256, heads = 4, decoderLayers = 4, maxPositions = 1024 } = sizes
  const {
    keyValueHeads = heads,
    feedForwardWidth = 4 * width,
    activation = 'silu',
    tieEmbeddings = true,
  } = sizes
  return {
    vocabularySize: vocabulary.size,
    width,
    layers: decoderLayers,
    heads,
    keyValueHeads,
    headWidth: width / heads,
    feedForwardWidth,
    activation,
    maxPositions,
    normEpsilon: 1e-5,
    rotaryTheta: 10_000,
    rotaryScaling: { rope_type: 'default' },
    attentionBias: false,
    feedForwardBias: false,
    tieEmbeddings,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
  }
}

export const llama: DecoderFamily<LlamaConfiguration> = {
  kind: 'decoder',
  name: 'llama',
  modelTypes: ['llama'],
  configure,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: ({ tieEmbeddings }) =>
    tieEmbeddings ? { 'lm_head.weight': 'model.embed_tokens.weight' } : ({} as Record<string, string>),
  forward,
}
