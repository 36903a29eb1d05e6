/**
 * BART (Lewis et al., 2020) and mBART (Liu et al., 2020): encoder–decoder transformers with learned positions.
 *
 * Notable choices
 * - BART normalizes after each block (and after the embeddings), mBART before each block and once more at the end.
 * - Positions are learned, and the first two rows of their tables are unused, as in the published checkpoints.
 * - The token table is shared by encoder, decoder and output; `final_logits_bias` is a buffer, never trained.
 * - `bart-copy` is ours: the same network with a copy head on top (See et al., 2017). It has a model type of its own so
 *   that another library refuses it rather than leave the head out and answer differently.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { matmul } from '../engine/ops/matmul.ts'
import { linear as linearOperation } from '../engine/ops/linear.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scale } from '../engine/ops/scale.ts'
import { sigmoid } from '../engine/ops/sigmoid.ts'
import { softmax } from '../engine/ops/softmax.ts'
import { constant, type Tensor } from '../engine/tensor.ts'
import { product } from '../engine/dimension.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import type { KeyValue, KeyValueCache } from '../nn/key-value-cache.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import type { Scope } from '../nn/scope.ts'
import { parseWith } from './configuration.ts'
import type {
  CopyHead,
  CrossAttentionInputs,
  EncoderDecoderFamily,
  EncoderDecoderInputs,
  EncoderInputs,
  ModelSizes,
  ParameterSpecification,
  Prediction,
  Vocabulary,
} from './family.ts'
import { initializationDeviation, rowsPerExample } from './family.ts'

export interface BartConfiguration {
  readonly vocabularySize: number
  readonly width: number
  readonly encoderLayers: number
  readonly decoderLayers: number
  readonly encoderHeads: number
  readonly decoderHeads: number
  readonly encoderFeedForwardWidth: number
  readonly decoderFeedForwardWidth: number
  readonly activation: Activation
  readonly maxPositions: number
  readonly dropout: number
  readonly scaleEmbedding: boolean
  /** Normalize before each block (mBART) instead of after it (BART). */
  readonly normalizeBefore: boolean
  readonly copyHead: boolean
  readonly initializationDeviation: number
  readonly bosTokenId: number
  readonly eosTokenId: number
  readonly padTokenId: number
  readonly decoderStartTokenId: number
  readonly forcedEosTokenId: number | null
}

const count = z.number().int().positive()

const schema = z.object({
  model_type: z.string(),
  vocab_size: count,
  d_model: count,
  encoder_layers: count,
  decoder_layers: count,
  encoder_attention_heads: count,
  decoder_attention_heads: count,
  encoder_ffn_dim: count,
  decoder_ffn_dim: count,
  activation_function: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('gelu'),
  max_position_embeddings: count,
  dropout: z.number().min(0).lt(1).default(0.1),
  scale_embedding: z.boolean().default(false),
  normalize_before: z.boolean().optional(),
  init_std: z.number().positive().default(0.02),
  bos_token_id: z.number().int().default(0),
  eos_token_id: z.number().int().default(2),
  pad_token_id: z.number().int().default(1),
  decoder_start_token_id: z.number().int().default(2),
  forced_eos_token_id: z.number().int().nullish(),
  attention_dropout: z.literal(0, 'attention dropout is not supported; set it to 0').default(0),
  activation_dropout: z.literal(0, 'activation dropout is not supported; set it to 0').default(0),
  encoder_layerdrop: z.literal(0, 'layer drop is not supported; set it to 0').default(0),
  decoder_layerdrop: z.literal(0, 'layer drop is not supported; set it to 0').default(0),
})

/** Published tables keep two rows before the first position. */
const positionOffset = 2

function parameters(configuration: BartConfiguration): ParameterSpecification[] {
  const { width, vocabularySize, initializationDeviation, maxPositions } = configuration
  const normal = { deviation: initializationDeviation }
  const specifications: ParameterSpecification[] = []
  const declare = (
    name: string,
    shape: number[],
    initialization: ParameterSpecification['initialization'],
    trainable = true,
  ) => specifications.push({ name, shape, initialization, trainable })
  const dense = (name: string, from: number, to: number) => {
    declare(`${name}.weight`, [to, from], normal)
    declare(`${name}.bias`, [to], 'zeros')
  }
  const norm = (name: string) => {
    declare(`${name}.weight`, [width], 'ones')
    declare(`${name}.bias`, [width], 'zeros')
  }
  const attentionBlock = (name: string) => {
    for (const projection of ['k_proj', 'v_proj', 'q_proj', 'out_proj'])
      dense(`${name}.${projection}`, width, width)
    norm(`${name}_layer_norm`)
  }
  declare('final_logits_bias', [1, vocabularySize], 'zeros', false)
  declare('model.shared.weight', [vocabularySize, width], normal)
  for (const side of ['encoder', 'decoder'] as const) {
    const layers = side === 'encoder' ? configuration.encoderLayers : configuration.decoderLayers
    const inner =
      side === 'encoder' ? configuration.encoderFeedForwardWidth : configuration.decoderFeedForwardWidth
    declare(`model.${side}.embed_positions.weight`, [maxPositions + positionOffset, width], normal)
    for (let index = 0; index < layers; index++) {
      const layer = `model.${side}.layers.${index}`
      attentionBlock(`${layer}.self_attn`)
      if (side === 'decoder') attentionBlock(`${layer}.encoder_attn`)
      dense(`${layer}.fc1`, width, inner)
      dense(`${layer}.fc2`, inner, width)
      norm(`${layer}.final_layer_norm`)
    }
    norm(`model.${side}.layernorm_embedding`)
    if (configuration.normalizeBefore) norm(`model.${side}.layer_norm`)
  }
  if (configuration.copyHead) {
    dense('copy_head.query', width, width)
    dense('copy_head.gate', width, 1)
  }
  return specifications
}

function embed(
  scope: Scope,
  side: Scope,
  tokens: Tensor,
  positions: Tensor,
  configuration: BartConfiguration,
): Tensor {
  const shift = constant(BigInt64Array.of(BigInt(positionOffset)), [1])
  const place = embedding(side.at('embed_positions'), add(positions, shift))
  const token = embedding(scope.at('model.shared'), tokens)
  const scaled = configuration.scaleEmbedding ? scale(token, Math.sqrt(configuration.width)) : token
  return dropout(side, layerNorm(side.at('layernorm_embedding'), add(scaled, place)), configuration.dropout)
}

/** One block with its residual connection, normalized before (mBART) or after (BART). */
function residual(
  norm: Scope,
  x: Tensor,
  configuration: BartConfiguration,
  block: (x: Tensor) => Tensor,
): Tensor {
  if (configuration.normalizeBefore)
    return add(x, dropout(norm, block(layerNorm(norm, x)), configuration.dropout))
  return layerNorm(norm, add(x, dropout(norm, block(x), configuration.dropout)))
}

function keyValue(scope: Scope, x: Tensor, heads: number): KeyValue {
  return {
    key: splitHeads(linear(scope.at('k_proj'), x), heads),
    value: splitHeads(linear(scope.at('v_proj'), x), heads),
  }
}

function attend(scope: Scope, x: Tensor, { key, value }: KeyValue, mask: Tensor, heads: number): Tensor {
  const query = splitHeads(linear(scope.at('q_proj'), x), heads)
  const width = query.shape.at(-1) as number
  return linear(
    scope.at('out_proj'),
    mergeHeads(attention(query, key, value, { scale: 1 / Math.sqrt(width), mask })),
  )
}

function selfAttention(scope: Scope, x: Tensor, mask: Tensor, heads: number, cache?: KeyValueCache): Tensor {
  const own = keyValue(scope, x, heads)
  return attend(scope, x, cache === undefined ? own : cache.extend(scope.path, own), mask, heads)
}

function feedForward(layer: Scope, x: Tensor, configuration: BartConfiguration): Tensor {
  return linear(layer.at('fc2'), activations[configuration.activation](linear(layer.at('fc1'), x)))
}

function encode(
  scope: Scope,
  { tokens, positions, mask }: EncoderInputs,
  configuration: BartConfiguration,
): Tensor {
  const encoder = scope.at('model.encoder')
  let x = scope.boundary(embed(scope, encoder, tokens, positions, configuration))
  for (const layer of encoder.each('layers', configuration.encoderLayers)) {
    x = residual(layer.at('self_attn_layer_norm'), x, configuration, (h) =>
      selfAttention(layer.at('self_attn'), h, mask, configuration.encoderHeads),
    )
    x = residual(layer.at('final_layer_norm'), x, configuration, (h) => feedForward(layer, h, configuration))
    scope.boundary(x)
  }
  return configuration.normalizeBefore ? scope.boundary(layerNorm(encoder.at('layer_norm'), x)) : x
}

function cross(scope: Scope, encoded: Tensor, configuration: BartConfiguration): CrossAttentionInputs {
  const keyValues = new Map<string, KeyValue>()
  for (const layer of scope.at('model.decoder').each('layers', configuration.decoderLayers)) {
    const block = layer.at('encoder_attn')
    keyValues.set(block.path, keyValue(block, encoded, configuration.decoderHeads))
  }
  return configuration.copyHead ? { keyValues, copyKeys: encoded } : { keyValues }
}

function decode(scope: Scope, inputs: EncoderDecoderInputs, configuration: BartConfiguration): Prediction {
  const { tokens, positions, selfMask, sourceMask, cache } = inputs
  const source = inputs.cross ?? cross(scope, inputs.encoded!, configuration)
  const decoder = scope.at('model.decoder')
  const rows = tokens.shape[0]!
  const length = tokens.shape[1]!
  const batch = sourceMask.shape[0]!
  // All rows of an example look at one source: they become queries of one attention instead of copies of its keys.
  const perExample = [batch, rows === batch ? length : product([rowsPerExample, length]), configuration.width]
  const grouped = (x: Tensor) => reshape(x, perExample)
  let x = scope.boundary(embed(scope, decoder, tokens, positions, configuration))
  const shape = x.shape
  for (const layer of decoder.each('layers', configuration.decoderLayers)) {
    x = residual(layer.at('self_attn_layer_norm'), x, configuration, (h) =>
      selfAttention(layer.at('self_attn'), h, selfMask, configuration.decoderHeads, cache),
    )
    x = residual(layer.at('encoder_attn_layer_norm'), x, configuration, (h) => {
      const block = layer.at('encoder_attn')
      const keys = source.keyValues.get(block.path)!
      return reshape(attend(block, grouped(h), keys, sourceMask, configuration.decoderHeads), shape)
    })
    x = residual(layer.at('final_layer_norm'), x, configuration, (h) => feedForward(layer, h, configuration))
    scope.boundary(x)
  }
  if (configuration.normalizeBefore) x = layerNorm(decoder.at('layer_norm'), x)
  const bias = reshape(scope.parameter('final_logits_bias'), [configuration.vocabularySize])
  const logits = linearOperation(x, scope.at('model.shared').parameter('weight'), bias)
  if (source.copyKeys === undefined || !configuration.copyHead) return { logits }
  return {
    logits,
    copy: copyHead(scope.at('copy_head'), x, grouped, source.copyKeys, sourceMask, configuration),
  }
}

function copyHead(
  scope: Scope,
  x: Tensor,
  grouped: (x: Tensor) => Tensor,
  keys: Tensor,
  sourceMask: Tensor,
  configuration: BartConfiguration,
): CopyHead {
  const query = grouped(linear(scope.at('query'), x))
  const scores = matmul(query, keys, { transposeB: true, scale: 1 / Math.sqrt(configuration.width) })
  const mask = reshape(sourceMask, [sourceMask.shape[0]!, 1, sourceMask.shape[3]!])
  const attentionWeights = softmax(add(scores, mask))
  const shape = [x.shape[0]!, x.shape[1]!, keys.shape[1]!]
  return { attention: reshape(attentionWeights, shape), gate: sigmoid(linear(scope.at('gate'), x)) }
}

function formatConfiguration(configuration: BartConfiguration): Record<string, unknown> {
  const { normalizeBefore, copyHead } = configuration
  const architecture = normalizeBefore ? 'MBartForConditionalGeneration' : 'BartForConditionalGeneration'
  return {
    architectures: [copyHead ? 'BartCopyForConditionalGeneration' : architecture],
    model_type: copyHead ? 'bart-copy' : normalizeBefore ? 'mbart' : 'bart',
    ...(copyHead && { normalize_before: normalizeBefore }),
    is_encoder_decoder: true,
    vocab_size: configuration.vocabularySize,
    d_model: configuration.width,
    encoder_layers: configuration.encoderLayers,
    decoder_layers: configuration.decoderLayers,
    encoder_attention_heads: configuration.encoderHeads,
    decoder_attention_heads: configuration.decoderHeads,
    encoder_ffn_dim: configuration.encoderFeedForwardWidth,
    decoder_ffn_dim: configuration.decoderFeedForwardWidth,
    activation_function: configuration.activation,
    max_position_embeddings: configuration.maxPositions,
    dropout: configuration.dropout,
    attention_dropout: 0,
    activation_dropout: 0,
    scale_embedding: configuration.scaleEmbedding,
    tie_word_embeddings: true,
    init_std: configuration.initializationDeviation,
    bos_token_id: configuration.bosTokenId,
    eos_token_id: configuration.eosTokenId,
    pad_token_id: configuration.padTokenId,
    decoder_start_token_id: configuration.decoderStartTokenId,
    forced_eos_token_id: configuration.forcedEosTokenId,
    torch_dtype: 'float32',
  }
}

function parseConfiguration(json: Readonly<Record<string, unknown>>): BartConfiguration {
  const given = parseWith(schema, json, 'BART')
  return {
    vocabularySize: given.vocab_size,
    width: given.d_model,
    encoderLayers: given.encoder_layers,
    decoderLayers: given.decoder_layers,
    encoderHeads: given.encoder_attention_heads,
    decoderHeads: given.decoder_attention_heads,
    encoderFeedForwardWidth: given.encoder_ffn_dim,
    decoderFeedForwardWidth: given.decoder_ffn_dim,
    activation: given.activation_function,
    maxPositions: given.max_position_embeddings,
    dropout: given.dropout,
    scaleEmbedding: given.scale_embedding,
    normalizeBefore: given.normalize_before ?? given.model_type === 'mbart',
    copyHead: given.model_type === 'bart-copy',
    initializationDeviation: given.init_std,
    bosTokenId: given.bos_token_id,
    eosTokenId: given.eos_token_id,
    padTokenId: given.pad_token_id,
    decoderStartTokenId: given.decoder_start_token_id,
    forcedEosTokenId: given.forced_eos_token_id ?? null,
  }
}

function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): BartConfiguration {
  const { width = 256, heads = 4, encoderLayers = 4, decoderLayers = 4 } = sizes
  const { feedForwardWidth = 4 * width, activation = 'gelu', maxPositions = 1024, copyHead = false } = sizes
  return {
    vocabularySize: vocabulary.size,
    width,
    encoderLayers,
    decoderLayers,
    encoderHeads: heads,
    decoderHeads: heads,
    encoderFeedForwardWidth: feedForwardWidth,
    decoderFeedForwardWidth: feedForwardWidth,
    activation,
    maxPositions,
    dropout: sizes.dropout,
    scaleEmbedding: true,
    normalizeBefore: modelType === 'mbart',
    copyHead,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
    decoderStartTokenId: vocabulary.begin,
    forcedEosTokenId: null,
  }
}

export const bart: EncoderDecoderFamily<BartConfiguration> = {
  kind: 'encoder-decoder',
  name: 'bart',
  modelTypes: ['bart', 'mbart', 'bart-copy'],
  configure,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: () => ({
    'lm_head.weight': 'model.shared.weight',
    'model.encoder.embed_tokens.weight': 'model.shared.weight',
    'model.decoder.embed_tokens.weight': 'model.shared.weight',
  }),
  encode,
  cross,
  decode,
}
