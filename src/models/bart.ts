/**
 * BART (Lewis et al., 2020), mBART (Liu et al., 2020; Tang et al., 2020) and Pegasus (Zhang et al., 2020): encoder–decoder
 * transformers with a table of positions.
 *
 * Notable choices
 * - BART normalizes after each block, mBART and Pegasus before each block and once more at the end; BART and mBART also
 *   after the embeddings.
 * - Positions are learned, and the first two rows of their tables are unused, as in the published checkpoints. Those of
 *   Pegasus are sines and cosines, a buffer that is never trained and has no unused rows.
 * - mBART may have no token to start from: then a target ends with its language, and that is what its decoder starts from.
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
import { YuksuError } from '../errors.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import type { KeyValue, KeyValueCache } from '../nn/key-value-cache.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import type { Scope } from '../nn/scope.ts'
import { sinusoids } from '../nn/sinusoids.ts'
import { count, dropoutOfBlocks, dropoutRate, parseWith, refuseSizes } from './configuration.ts'
import { exampleRows, type ExampleRows } from './example-rows.ts'
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
import { initializationDeviation } from './family.ts'

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
  readonly attentionDropout: number
  readonly activationDropout: number
  readonly scaleEmbedding: boolean
  /** Normalize before each block (mBART) instead of after it (BART). */
  readonly normalizeBefore: boolean
  /** Places as sines and cosines, and no norm of the embeddings (Pegasus). */
  readonly sinusoidalPositions: boolean
  readonly copyHead: boolean
  readonly initializationDeviation: number
  readonly bosTokenId: number
  readonly eosTokenId: number
  readonly padTokenId: number
  readonly decoderStartTokenId: number | null
  readonly forcedEosTokenId: number | null
}

const schema = z.object({
  model_type: z.enum(['bart', 'mbart', 'bart-copy', 'pegasus']),
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
  dropout: dropoutRate.default(0.1),
  attention_dropout: dropoutRate.default(0),
  activation_dropout: dropoutRate.default(0),
  scale_embedding: z.boolean().default(false),
  init_std: z.number().positive().default(0.02),
  bos_token_id: z.number().int().nullish(),
  eos_token_id: z.number().int().nullish(),
  pad_token_id: z.number().int().nullish(),
  decoder_start_token_id: z.number().int().nullish(),
  forced_eos_token_id: z.number().int().nullish(),
  tie_word_embeddings: z.literal(true, 'an output table of its own is not supported').default(true),
  is_decoder: z.literal(false, 'a decoder alone is not supported').default(false),
  encoder_layerdrop: z.literal(0, 'layer drop is not supported; set it to 0').default(0),
  decoder_layerdrop: z.literal(0, 'layer drop is not supported; set it to 0').default(0),
})

/**
 * What published files of a model type say of it besides, in keys of older versions. The model type alone decides, as in the reference library,
 * so one that says otherwise is of another network.
 */
const typeKeys = {
  normalize_before: { bart: false, mbart: true, pegasus: true },
  add_final_layer_norm: { bart: false, mbart: true, pegasus: true },
  normalize_embedding: { bart: true, mbart: true, pegasus: false },
  static_position_embeddings: { bart: false, mbart: false, pegasus: true },
  add_bias_logits: { bart: false, mbart: false, pegasus: false },
  do_blenderbot_90_layernorm: { bart: false, mbart: false, pegasus: false },
} as const

function checkTypeKeys(
  json: Readonly<Record<string, unknown>>,
  modelType: 'bart' | 'mbart' | 'pegasus',
): void {
  for (const [key, values] of Object.entries(typeKeys)) {
    const given = json[key]
    if (given === undefined || given === null || given === values[modelType]) continue
    throw new YuksuError(
      'model-configuration',
      `config.json of a BART model: '${key}' is ${JSON.stringify(given)}, and of model_type ${modelType} it is ${values[modelType]}; it is another network, which is not supported`,
    )
  }
}

/** Published tables of learned positions keep two rows before the first. */
function positionOffset({ sinusoidalPositions }: BartConfiguration): number {
  return sinusoidalPositions ? 0 : 2
}

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
    const positions = [maxPositions + positionOffset(configuration), width]
    const isBuffer = configuration.sinusoidalPositions
    declare(
      `model.${side}.embed_positions.weight`,
      positions,
      isBuffer ? { value: sinusoids(width) } : normal,
      !isBuffer,
    )
    for (let index = 0; index < layers; index++) {
      const layer = `model.${side}.layers.${index}`
      attentionBlock(`${layer}.self_attn`)
      if (side === 'decoder') attentionBlock(`${layer}.encoder_attn`)
      dense(`${layer}.fc1`, width, inner)
      dense(`${layer}.fc2`, inner, width)
      norm(`${layer}.final_layer_norm`)
    }
    if (!configuration.sinusoidalPositions) norm(`model.${side}.layernorm_embedding`)
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
  const offset = positionOffset(configuration)
  const rows = offset === 0 ? positions : add(positions, constant(BigInt64Array.of(BigInt(offset)), [1]))
  const token = embedding(scope.at('model.shared'), tokens)
  const scaled = configuration.scaleEmbedding ? scale(token, Math.sqrt(configuration.width)) : token
  const placed = add(scaled, embedding(side.at('embed_positions'), rows))
  const x = configuration.sinusoidalPositions ? placed : layerNorm(side.at('layernorm_embedding'), placed)
  return dropout(side, x, configuration.dropout)
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

interface AttentionSettings {
  readonly heads: number
  readonly dropout: number
}

function attend(
  scope: Scope,
  x: Tensor,
  { key, value }: KeyValue,
  mask: Tensor,
  { heads, dropout: rate }: AttentionSettings,
): Tensor {
  const query = splitHeads(linear(scope.at('q_proj'), x), heads)
  const scale = 1 / Math.sqrt(query.shape.at(-1) as number)
  const options = { scale, mask, ...attentionDropout(scope, query, key, rate) }
  return linear(scope.at('out_proj'), mergeHeads(attention(query, key, value, options)))
}

function selfAttention(
  scope: Scope,
  x: Tensor,
  mask: Tensor,
  settings: AttentionSettings,
  cache?: KeyValueCache,
): Tensor {
  const own = keyValue(scope, x, settings.heads)
  return attend(scope, x, cache === undefined ? own : cache.extend(scope.path, own), mask, settings)
}

function feedForward(layer: Scope, x: Tensor, { activation, activationDropout }: BartConfiguration): Tensor {
  const inner = activations[activation](linear(layer.at('fc1'), x))
  return linear(layer.at('fc2'), dropout(layer.at('fc1'), inner, activationDropout))
}

function encode(
  scope: Scope,
  { tokens, positions, mask }: EncoderInputs,
  configuration: BartConfiguration,
): Tensor {
  const encoder = scope.at('model.encoder')
  const settings = { heads: configuration.encoderHeads, dropout: configuration.attentionDropout }
  let x = scope.boundary(embed(scope, encoder, tokens, positions, configuration))
  for (const layer of encoder.each('layers', configuration.encoderLayers)) {
    x = residual(layer.at('self_attn_layer_norm'), x, configuration, (h) =>
      selfAttention(layer.at('self_attn'), h, mask, settings),
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
  const settings = { heads: configuration.decoderHeads, dropout: configuration.attentionDropout }
  const rows = exampleRows(inputs)
  let x = scope.boundary(embed(scope, decoder, tokens, positions, configuration))
  for (const layer of decoder.each('layers', configuration.decoderLayers)) {
    x = residual(layer.at('self_attn_layer_norm'), x, configuration, (h) =>
      selfAttention(layer.at('self_attn'), h, selfMask, settings, cache),
    )
    x = residual(layer.at('encoder_attn_layer_norm'), x, configuration, (h) => {
      const block = layer.at('encoder_attn')
      const keys = source.keyValues.get(block.path)!
      return rows.apart(attend(block, rows.together(h), keys, sourceMask, settings))
    })
    x = residual(layer.at('final_layer_norm'), x, configuration, (h) => feedForward(layer, h, configuration))
    scope.boundary(x)
  }
  if (configuration.normalizeBefore) x = layerNorm(decoder.at('layer_norm'), x)
  const bias = reshape(scope.parameter('final_logits_bias'), [configuration.vocabularySize])
  const logits = linearOperation(x, scope.at('model.shared').parameter('weight'), bias)
  if (source.copyKeys === undefined || !configuration.copyHead) return { hidden: x, logits }
  return {
    hidden: x,
    logits,
    copy: copyHead(scope.at('copy_head'), x, rows, source.copyKeys, sourceMask, configuration),
  }
}

function copyHead(
  scope: Scope,
  x: Tensor,
  rows: ExampleRows,
  keys: Tensor,
  sourceMask: Tensor,
  configuration: BartConfiguration,
): CopyHead {
  const query = rows.together(linear(scope.at('query'), x))
  const scores = matmul(query, keys, { transposeB: true, scale: 1 / Math.sqrt(configuration.width) })
  const mask = reshape(sourceMask, [sourceMask.shape[0]!, 1, sourceMask.shape[3]!])
  const attentionWeights = softmax(add(scores, mask))
  return { attention: rows.apart(attentionWeights), gate: sigmoid(linear(scope.at('gate'), x)) }
}

const architectures = {
  bart: 'BartForConditionalGeneration',
  mbart: 'MBartForConditionalGeneration',
  'bart-copy': 'BartCopyForConditionalGeneration',
  pegasus: 'PegasusForConditionalGeneration',
}

function modelTypeOf(configuration: BartConfiguration): keyof typeof architectures {
  const { copyHead, sinusoidalPositions, normalizeBefore } = configuration
  if (copyHead) return 'bart-copy'
  if (sinusoidalPositions) return 'pegasus'
  return normalizeBefore ? 'mbart' : 'bart'
}

function formatConfiguration(configuration: BartConfiguration): Record<string, unknown> {
  const { normalizeBefore, copyHead } = configuration
  const modelType = modelTypeOf(configuration)
  return {
    architectures: [architectures[modelType]],
    model_type: modelType,
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
    attention_dropout: configuration.attentionDropout,
    activation_dropout: configuration.activationDropout,
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
  const { model_type: modelType } = given
  const isPegasus = modelType === 'pegasus'
  const copyHead = modelType === 'bart-copy'
  if (!copyHead) checkTypeKeys(json, modelType)
  const eosTokenId = given.eos_token_id ?? (isPegasus ? 1 : 2)
  const start = { bart: 2, 'bart-copy': 2, pegasus: 0, mbart: null }[modelType]
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
    attentionDropout: given.attention_dropout,
    activationDropout: given.activation_dropout,
    scaleEmbedding: given.scale_embedding,
    normalizeBefore: copyHead ? json.normalize_before === true : modelType !== 'bart',
    sinusoidalPositions: isPegasus,
    copyHead,
    initializationDeviation: given.init_std,
    bosTokenId: given.bos_token_id ?? 0,
    eosTokenId,
    padTokenId: given.pad_token_id ?? (isPegasus ? 0 : 1),
    decoderStartTokenId: given.decoder_start_token_id ?? start,
    forcedEosTokenId: given.forced_eos_token_id ?? null,
  }
}

function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): BartConfiguration {
  refuseSizes(sizes, ['keyValueHeads', ...(modelType === 'pegasus' ? (['copyHead'] as const) : [])], 'BART')
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
    ...dropoutOfBlocks(sizes.dropout),
    attentionDropout: 0,
    activationDropout: 0,
    scaleEmbedding: true,
    normalizeBefore: modelType === 'mbart' || modelType === 'pegasus',
    sinusoidalPositions: modelType === 'pegasus',
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
  modelTypes: ['bart', 'mbart', 'bart-copy', 'pegasus'],
  configure,
  dropouts: dropoutOfBlocks,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: () => ({
    'lm_head.weight': 'model.shared.weight',
    'model.encoder.embed_tokens.weight': 'model.shared.weight',
    'model.decoder.embed_tokens.weight': 'model.shared.weight',
  }),
  // A model that was saved without its head has names without `model.`.
  tensorName: (stored) => (/^(shared|encoder|decoder)\./.test(stored) ? `model.${stored}` : stored),
  encode,
  cross,
  decode,
}
