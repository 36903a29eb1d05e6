/**
 * GPT-2 (Radford et al., 2019) and GPT (Radford et al., 2018): decoders with learned positions. GPT-3 (Brown et al., 2020) is GPT-2 in other sizes.
 *
 * Notable choices
 * - GPT-2 normalizes before each block and once more at the end, GPT after each block and not at the end.
 * - One linear layer gives queries, keys and values, one after the other.
 * - Files hold the weights of linear layers as `[in, out]`; memory has them as any other.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { split } from '../engine/ops/split.ts'
import type { Tensor } from '../engine/tensor.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import type { Scope } from '../nn/scope.ts'
import {
  count,
  defaultDropout,
  dropoutRate,
  formatTokenIds,
  headWidthOf,
  parseTokenIds,
  parseWith,
  refuseSizes,
  tokenIdKeys,
  type TokenIds,
} from './configuration.ts'
import { ParameterList } from './declare-parameters.ts'
import type {
  DecoderFamily,
  DecoderInputs,
  ModelSizes,
  ParameterSpecification,
  Prediction,
  Vocabulary,
} from './family.ts'
import { initializationDeviation } from './family.ts'
import { optionalPrefix } from './stored-tensors.ts'

export interface Gpt2Configuration extends TokenIds {
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly feedForwardWidth: number
  readonly activation: Activation
  readonly maxPositions: number
  readonly normEpsilon: number
  /** Normalize after each block (GPT) instead of before it (GPT-2). */
  readonly normalizeAfter: boolean
  /** Divide scores by the square root of a head's width. */
  readonly scaleAttention: boolean
  /** Divide the scores of layer i, counted from 0, by i + 1 (Mistral's GPT-2). */
  readonly scaleAttentionByLayer: boolean
  /** Carried for readers in half precision; in f32 it is the same. */
  readonly upcastAttention: boolean
  /** Dropout of what each block adds, of what the first layer reads, and of the shares of keys. */
  readonly dropout: number
  readonly embeddingDropout: number
  readonly attentionDropout: number
  readonly tieEmbeddings: boolean
  readonly initializationDeviation: number
}

const shared = {
  vocab_size: count,
  n_embd: count,
  n_layer: count,
  n_head: count,
  resid_pdrop: dropoutRate.default(0.1),
  embd_pdrop: dropoutRate.default(0.1),
  attn_pdrop: dropoutRate.default(0.1),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  initializer_range: z.number().positive().default(0.02),
  tie_word_embeddings: z.boolean().default(true),
  ...tokenIdKeys,
}

const gpt2Schema = z.object({
  ...shared,
  n_positions: count.default(1024),
  n_inner: count.nullish(),
  activation_function: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('gelu_new'),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  reorder_and_upcast_attn: z.boolean().default(false),
  add_cross_attention: z.literal(false, 'cross-attention is not supported; set it to false').default(false),
})

/** What GPT calls gelu is the approximation by tanh. */
const gptActivations = { gelu: 'gelu_new', relu: 'relu', silu: 'silu', swish: 'silu' } as const

const gptSchema = z.object({
  ...shared,
  n_positions: count.default(512),
  afn: z.enum(Object.keys(gptActivations) as (keyof typeof gptActivations)[]).default('gelu'),
})

const gptType = 'openai-gpt'

function parseShared(given: z.infer<z.ZodObject<typeof shared>>) {
  return {
    vocabularySize: given.vocab_size,
    width: given.n_embd,
    layers: given.n_layer,
    heads: given.n_head,
    normEpsilon: given.layer_norm_epsilon,
    dropout: given.resid_pdrop,
    embeddingDropout: given.embd_pdrop,
    attentionDropout: given.attn_pdrop,
    tieEmbeddings: given.tie_word_embeddings,
    initializationDeviation: given.initializer_range,
  }
}

function parseConfiguration(json: Readonly<Record<string, unknown>>): Gpt2Configuration {
  if (json.model_type === gptType) {
    const given = parseWith(gptSchema, json, 'GPT')
    headWidthOf(given.n_embd, given.n_head, 'GPT')
    return {
      ...parseShared(given),
      feedForwardWidth: 4 * given.n_embd,
      activation: gptActivations[given.afn],
      maxPositions: given.n_positions,
      normalizeAfter: true,
      scaleAttention: true,
      scaleAttentionByLayer: false,
      upcastAttention: false,
      ...parseTokenIds(given),
    }
  }
  const given = parseWith(gpt2Schema, json, 'GPT-2')
  headWidthOf(given.n_embd, given.n_head, 'GPT-2')
  return {
    ...parseShared(given),
    feedForwardWidth: given.n_inner ?? 4 * given.n_embd,
    activation: given.activation_function,
    maxPositions: given.n_positions,
    normalizeAfter: false,
    scaleAttention: given.scale_attn_weights,
    scaleAttentionByLayer: given.scale_attn_by_inverse_layer_idx,
    upcastAttention: given.reorder_and_upcast_attn,
    ...parseTokenIds(given, { bos: 50_256, eos: 50_256 }),
  }
}

function formatConfiguration(configuration: Gpt2Configuration): Record<string, unknown> {
  const { normalizeAfter, width, feedForwardWidth, activation } = configuration
  return {
    architectures: [normalizeAfter ? 'OpenAIGPTLMHeadModel' : 'GPT2LMHeadModel'],
    model_type: normalizeAfter ? gptType : 'gpt2',
    vocab_size: configuration.vocabularySize,
    n_positions: configuration.maxPositions,
    n_embd: width,
    n_layer: configuration.layers,
    n_head: configuration.heads,
    ...(normalizeAfter
      ? { afn: activation === 'gelu_new' ? 'gelu' : activation }
      : {
          n_inner: feedForwardWidth === 4 * width ? null : feedForwardWidth,
          activation_function: activation,
          scale_attn_weights: configuration.scaleAttention,
          scale_attn_by_inverse_layer_idx: configuration.scaleAttentionByLayer,
          reorder_and_upcast_attn: configuration.upcastAttention,
        }),
    resid_pdrop: configuration.dropout,
    embd_pdrop: configuration.embeddingDropout,
    attn_pdrop: configuration.attentionDropout,
    layer_norm_epsilon: configuration.normEpsilon,
    initializer_range: configuration.initializationDeviation,
    tie_word_embeddings: configuration.tieEmbeddings,
    ...formatTokenIds(configuration),
    torch_dtype: 'float32',
  }
}

/** The tables of tokens and of positions. */
function tableNames({ normalizeAfter }: Gpt2Configuration): { tokens: string; positions: string } {
  return normalizeAfter
    ? { tokens: 'transformer.tokens_embed', positions: 'transformer.positions_embed' }
    : { tokens: 'transformer.wte', positions: 'transformer.wpe' }
}

function parameters(configuration: Gpt2Configuration): ParameterSpecification[] {
  const { width, feedForwardWidth, vocabularySize, layers, normalizeAfter } = configuration
  const list = new ParameterList(configuration.initializationDeviation)
  const tables = tableNames(configuration)
  const storedTransposed = true
  // What each layer adds begins smaller, so that the sum over all layers does not grow with their number (Radford et al., 2019).
  const deviation = configuration.initializationDeviation / Math.sqrt(normalizeAfter ? 1 : 2 * layers)
  const added = { initialization: { deviation }, storedTransposed }
  list.table(tables.tokens, vocabularySize, width)
  list.table(tables.positions, configuration.maxPositions, width)
  for (let index = 0; index < layers; index++) {
    const layer = `transformer.h.${index}`
    list.layerNorm(`${layer}.ln_1`, width)
    list.dense(`${layer}.attn.c_attn`, width, 3 * width, { storedTransposed })
    list.dense(`${layer}.attn.c_proj`, width, width, added)
    list.layerNorm(`${layer}.ln_2`, width)
    list.dense(`${layer}.mlp.c_fc`, width, feedForwardWidth, { storedTransposed })
    list.dense(`${layer}.mlp.c_proj`, feedForwardWidth, width, added)
  }
  if (!normalizeAfter) list.layerNorm('transformer.ln_f', width)
  if (!configuration.tieEmbeddings) list.table('lm_head', vocabularySize, width)
  return list.specifications
}

function attentionScale(configuration: Gpt2Configuration, index: number): number {
  const { width, heads, scaleAttention, scaleAttentionByLayer } = configuration
  return (scaleAttention ? 1 / Math.sqrt(width / heads) : 1) / (scaleAttentionByLayer ? index + 1 : 1)
}

function selfAttention(
  block: Scope,
  x: Tensor,
  { mask, cache }: DecoderInputs,
  configuration: Gpt2Configuration,
  scale: number,
): Tensor {
  const { width, heads } = configuration
  const [query, ...own] = split(linear(block.at('c_attn'), x), [width, width, width], -1).map((part) =>
    splitHeads(part, heads),
  )
  const together = { key: own[0]!, value: own[1]! }
  const { key, value } = cache === undefined ? together : cache.extend(block.path, together)
  const options = { scale, mask, ...attentionDropout(block, query!, key, configuration.attentionDropout) }
  return linear(block.at('c_proj'), mergeHeads(attention(query!, key, value, options)))
}

function feedForward(block: Scope, x: Tensor, { activation }: Gpt2Configuration): Tensor {
  return linear(block.at('c_proj'), activations[activation](linear(block.at('c_fc'), x)))
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: Gpt2Configuration): Prediction {
  const { normEpsilon, normalizeAfter } = configuration
  const tables = tableNames(configuration)
  const token = embedding(scope.at(tables.tokens), inputs.tokens)
  const place = embedding(scope.at(tables.positions), inputs.positions)
  let x = scope.boundary(dropout(scope.at('transformer'), add(token, place), configuration.embeddingDropout))
  scope.each('transformer.h', configuration.layers).forEach((layer, index) => {
    const scale = attentionScale(configuration, index)
    const attend = (h: Tensor) => selfAttention(layer.at('attn'), h, inputs, configuration, scale)
    const feed = (h: Tensor) => feedForward(layer.at('mlp'), h, configuration)
    for (const [norm, block] of [
      [layer.at('ln_1'), attend],
      [layer.at('ln_2'), feed],
    ] as const) {
      const added = block(normalizeAfter ? x : layerNorm(norm, x, normEpsilon))
      x = add(x, dropout(layer, added, configuration.dropout))
      if (normalizeAfter) x = layerNorm(norm, x, normEpsilon)
    }
    scope.boundary(x)
  })
  if (inputs.onlyLast) x = lastPosition(x)
  if (!normalizeAfter) x = layerNorm(scope.at('transformer.ln_f'), x, normEpsilon)
  return { hidden: x, logits: linear(scope.at('lm_head'), x) }
}

/** Of what each block adds and of embeddings; shares of attention keep theirs. */
const dropouts = (dropout = defaultDropout) => ({ dropout, embeddingDropout: dropout })

function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): Gpt2Configuration {
  const isGpt = modelType === gptType
  const family = isGpt ? 'GPT' : 'GPT-2'
  refuseSizes(sizes, ['keyValueHeads', ...(isGpt ? (['feedForwardWidth'] as const) : [])], family)
  const { width = 256, heads = 4, decoderLayers = 4, maxPositions = 1024 } = sizes
  const { feedForwardWidth = 4 * width, activation = 'gelu_new', tieEmbeddings = true } = sizes
  headWidthOf(width, heads, family)
  if (isGpt && activation === 'relu2') refuseSizes(sizes, ['activation'], 'GPT')
  return {
    vocabularySize: vocabulary.size,
    width,
    layers: decoderLayers,
    heads,
    feedForwardWidth,
    activation: isGpt && activation === 'gelu' ? 'gelu_new' : activation,
    maxPositions,
    normEpsilon: 1e-5,
    normalizeAfter: isGpt,
    scaleAttention: true,
    scaleAttentionByLayer: false,
    upcastAttention: false,
    ...dropouts(sizes.dropout),
    attentionDropout: 0,
    tieEmbeddings,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
  }
}

export const gpt2: DecoderFamily<Gpt2Configuration> = {
  kind: 'decoder',
  name: 'gpt2',
  modelTypes: ['gpt2', gptType],
  configure,
  dropouts,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: (configuration): Record<string, string> =>
    configuration.tieEmbeddings ? { 'lm_head.weight': `${tableNames(configuration).tokens}.weight` } : {},
  // Older files hold the causal mask of each layer.
  tensorName: optionalPrefix('transformer', ['lm_head'], /\.attn\.(masked_)?bias$/),
  forward,
}
