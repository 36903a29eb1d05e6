import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { activations, type Activation } from '../../nn/activation.ts'
import { count, dropoutOfBlocks, dropoutRate, parseWith, refuseSizes } from '../configuration.ts'
import type { ModelSizes, Vocabulary } from '../family.ts'

/** Attention of an encoder to what is near (Guo et al., 2022, LongT5). */
export interface LocalAttention {
  /** How many tokens before it and behind it a token sees. */
  readonly radius: number
  /** And the sums of how many tokens each, over the whole text, where it sees such. */
  readonly globalBlockSize: number | undefined
}

export interface T5Configuration {
  readonly modelType: 't5' | 'mt5' | 'longt5'
  readonly vocabularySize: number
  readonly width: number
  readonly headWidth: number
  readonly heads: number
  readonly feedForwardWidth: number
  readonly encoderLayers: number
  readonly decoderLayers: number
  /** `feed_forward_proj`: an activation, or `gated-` and one. */
  readonly feedForward: string
  readonly relativeBuckets: number
  readonly relativeMaxDistance: number
  /** How an encoder of long texts looks about; undefined where every token sees every other. */
  readonly local: LocalAttention | undefined
  readonly dropout: number
  readonly normEpsilon: number
  /** Whether the token table scores the words too, and whether what it meets there is divided by √width. */
  readonly tieEmbeddings: boolean
  readonly scaleOutputs: boolean
  /** Infinity: only distances count. */
  readonly maxPositions: number
  readonly initializerFactor: number
  readonly eosTokenId: number | readonly number[] | null
  readonly padTokenId: number
  readonly decoderStartTokenId: number
}

const schema = z.object({
  model_type: z.enum(['t5', 'mt5', 'longt5']),
  vocab_size: count,
  d_model: count,
  d_kv: count,
  d_ff: count,
  num_layers: count,
  num_decoder_layers: count.nullish(),
  num_heads: count,
  relative_attention_num_buckets: count.default(32),
  relative_attention_max_distance: count.default(128),
  encoder_attention_type: z.enum(['local', 'transient-global']).default('local'),
  local_radius: count.default(127),
  global_block_size: count.default(16),
  dropout_rate: dropoutRate.default(0.1),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  initializer_factor: z.number().positive().default(1),
  feed_forward_proj: z.string().optional(),
  tie_word_embeddings: z.boolean().optional(),
  scale_decoder_outputs: z.boolean().optional(),
  is_decoder: z.literal(false, 'a decoder alone is not supported').default(false),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  pad_token_id: z.number().int().default(0),
  decoder_start_token_id: z.number().int().nullish(),
})

/** The activation that `feed_forward_proj` names, and whether it gates another product. */
export function feedForwardOf(name: string): { activation: Activation; gated: boolean } {
  const gated = name.startsWith('gated-')
  const given = gated ? name.slice('gated-'.length) : name
  const activation = gated && given === 'gelu' ? 'gelu_new' : given
  if (!Object.hasOwn(activations, activation)) {
    throw new YuksuError(
      'model-configuration',
      `config.json of a T5 model: 'feed_forward_proj': '${name}' is not supported; expected one of ${Object.keys(activations).join(', ')}, or gated- and one of them`,
    )
  }
  return { activation: activation as Activation, gated }
}

export function parseConfiguration(json: Readonly<Record<string, unknown>>): T5Configuration {
  const given = parseWith(schema, json, 'T5')
  const isTied = given.tie_word_embeddings !== false
  const feedForward = given.feed_forward_proj ?? (given.model_type === 'mt5' ? 'gated-gelu' : 'relu')
  feedForwardOf(feedForward)
  return {
    modelType: given.model_type,
    vocabularySize: given.vocab_size,
    width: given.d_model,
    headWidth: given.d_kv,
    heads: given.num_heads,
    feedForwardWidth: given.d_ff,
    encoderLayers: given.num_layers,
    decoderLayers: given.num_decoder_layers ?? given.num_layers,
    feedForward,
    relativeBuckets: given.relative_attention_num_buckets,
    relativeMaxDistance: given.relative_attention_max_distance,
    local:
      given.model_type === 'longt5'
        ? {
            radius: given.local_radius,
            globalBlockSize: given.encoder_attention_type === 'local' ? undefined : given.global_block_size,
          }
        : undefined,
    dropout: given.dropout_rate,
    normEpsilon: given.layer_norm_epsilon,
    tieEmbeddings: isTied,
    scaleOutputs: given.model_type !== 'mt5' && (given.scale_decoder_outputs ?? isTied),
    maxPositions: Number.POSITIVE_INFINITY,
    initializerFactor: given.initializer_factor,
    eosTokenId: given.eos_token_id ?? null,
    padTokenId: given.pad_token_id,
    decoderStartTokenId: given.decoder_start_token_id ?? given.pad_token_id,
  }
}

const architectures = {
  t5: 'T5ForConditionalGeneration',
  mt5: 'MT5ForConditionalGeneration',
  longt5: 'LongT5ForConditionalGeneration',
} as const

export function formatConfiguration(configuration: T5Configuration): Record<string, unknown> {
  const { modelType, tieEmbeddings, scaleOutputs, local } = configuration
  const isMultilingual = modelType === 'mt5'
  return {
    architectures: [architectures[modelType]],
    model_type: modelType,
    is_encoder_decoder: true,
    vocab_size: configuration.vocabularySize,
    d_model: configuration.width,
    d_kv: configuration.headWidth,
    d_ff: configuration.feedForwardWidth,
    num_layers: configuration.encoderLayers,
    num_decoder_layers: configuration.decoderLayers,
    num_heads: configuration.heads,
    relative_attention_num_buckets: configuration.relativeBuckets,
    relative_attention_max_distance: configuration.relativeMaxDistance,
    ...(local !== undefined && {
      encoder_attention_type: local.globalBlockSize === undefined ? 'local' : 'transient-global',
      local_radius: local.radius,
      ...(local.globalBlockSize !== undefined && { global_block_size: local.globalBlockSize }),
    }),
    dropout_rate: configuration.dropout,
    layer_norm_epsilon: configuration.normEpsilon,
    initializer_factor: configuration.initializerFactor,
    feed_forward_proj: configuration.feedForward,
    // Of T5 this says whether to scale: whether there is a table of its own, the file tells.
    tie_word_embeddings: isMultilingual ? tieEmbeddings : scaleOutputs,
    ...(!isMultilingual && { scale_decoder_outputs: scaleOutputs }),
    eos_token_id: configuration.eosTokenId,
    pad_token_id: configuration.padTokenId,
    decoder_start_token_id: configuration.decoderStartTokenId,
    torch_dtype: 'float32',
  }
}

export function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): T5Configuration {
  refuseSizes(sizes, ['maxPositions', 'keyValueHeads', 'copyHead'], 'T5')
  const { width = 256, heads = 4, encoderLayers = 4, decoderLayers = 4, tieEmbeddings = true } = sizes
  const { feedForwardWidth = 4 * width, activation = 'gelu_new' } = sizes
  if (activation === 'gelu') {
    throw new YuksuError(
      'model-configuration',
      `the gated blocks of a T5 model know GELU by its tanh alone; write activation: gelu_new`,
    )
  }
  return {
    modelType: modelType === 'mt5' || modelType === 'longt5' ? modelType : 't5',
    vocabularySize: vocabulary.size,
    width,
    headWidth: width / heads,
    heads,
    feedForwardWidth,
    encoderLayers,
    decoderLayers,
    feedForward: activation === 'gelu_new' ? 'gated-gelu' : `gated-${activation}`,
    relativeBuckets: 32,
    relativeMaxDistance: 128,
    // As in the published models that see the whole text besides.
    local: modelType === 'longt5' ? { radius: 127, globalBlockSize: 16 } : undefined,
    ...dropoutOfBlocks(sizes.dropout),
    normEpsilon: 1e-6,
    tieEmbeddings,
    scaleOutputs: modelType !== 'mt5' && tieEmbeddings,
    maxPositions: Number.POSITIVE_INFINITY,
    initializerFactor: 1,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
    decoderStartTokenId: vocabulary.begin,
  }
}
