/** The fields of `config.json` that model types of the family share, under Llama's names. */
import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { activations, type Activation } from '../../nn/activation.ts'
import { partialRotaryWidth } from '../../nn/rotary.ts'
import {
  count,
  dropoutRate,
  formatTokenIds,
  headWidthOf,
  parseTokenIds,
  parseWith,
  tokenIdKeys,
} from '../configuration.ts'
import { checkRopeFactors, formatRope, parseRope, ropeKeys } from '../rope-configuration.ts'
import type { LlamaConfiguration } from './configuration.ts'

export const activation = z.enum(Object.keys(activations) as [Activation, ...Activation[]])

/** What a model type takes where the field is missing, as transformers does. */
export interface FieldDefaults {
  readonly maxPositions: number
  readonly normEpsilon: number
  readonly theta?: number
  /** Heads of keys and values; as many as of queries where it is not given here either. */
  readonly keyValueHeads?: number
  /** The width of a head; its share of the model's width where it is not given. */
  readonly headWidth?: number
  readonly tieEmbeddings?: boolean
  readonly activation?: Activation
  /** Whether positions may turn a share of each head. */
  readonly isPartial?: boolean
  /** Ids of special tokens. */
  readonly tokens?: { readonly bos: number; readonly eos: number }
}

/** A field that says what is not computed here is refused unless it says that there is nothing of it. */
export const unsupported = (reason: string) =>
  z.union([z.null(), z.literal(false), z.literal(0)], reason).optional()

const schema = z.object({
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  intermediate_size: count,
  hidden_act: activation.optional(),
  max_position_embeddings: count.optional(),
  rms_norm_eps: z.number().positive().optional(),
  ...ropeKeys,
  tie_word_embeddings: z.boolean().optional(),
  initializer_range: z.number().positive().default(0.02),
  ...tokenIdKeys,
  attention_dropout: dropoutRate.nullish(),
  // The reference library has none, and reads over it.
  residual_dropout: dropoutRate.nullish(),
})

/** Reads the shared fields; what only some model types have is as Llama has it. */
export function readShared(
  json: Readonly<Record<string, unknown>>,
  modelType: string,
  family: string,
  defaults: FieldDefaults,
): LlamaConfiguration {
  const given = parseWith(schema, json, family)
  const { hidden_size: width, num_attention_heads: heads } = given
  const { num_key_value_heads: shared = defaults.keyValueHeads } = given
  const keyValueHeads = shared ?? heads
  if (heads % keyValueHeads !== 0) {
    throw refusal(
      family,
      'num_key_value_heads',
      `${keyValueHeads} do not divide the ${heads} heads of num_attention_heads evenly`,
    )
  }
  const headWidth = given.head_dim ?? defaults.headWidth ?? headWidthOf(width, heads, family)
  const { theta, scaling, share = 1 } = parseRope(given, family, defaults.theta)
  if (share !== 1 && defaults.isPartial !== true)
    throw refusal(
      family,
      'partial_rotary_factor',
      `${share} is not what this model type computes; expected 1`,
    )
  checkRopeFactors(scaling, partialRotaryWidth(headWidth, share), family)
  return {
    modelType,
    vocabularySize: given.vocab_size,
    width,
    layers: given.num_hidden_layers,
    heads,
    keyValueHeads,
    headWidth,
    feedForwardWidth: given.intermediate_size,
    activation: given.hidden_act ?? defaults.activation ?? 'silu',
    maxPositions: given.max_position_embeddings ?? defaults.maxPositions,
    normEpsilon: given.rms_norm_eps ?? defaults.normEpsilon,
    rotary: { theta, scaling },
    rotaryShare: share,
    slidingWindow: null,
    attentionBias: false,
    attentionOutputBias: false,
    feedForwardBias: false,
    queryScalar: null,
    attentionSoftCap: null,
    logitSoftCap: null,
    experts: null,
    attentionDropout: given.attention_dropout ?? 0,
    residualDropout: given.residual_dropout ?? 0,
    tieEmbeddings: given.tie_word_embeddings ?? defaults.tieEmbeddings ?? false,
    initializationDeviation: given.initializer_range,
    ...parseTokenIds(given, defaults.tokens),
  }
}

/** The shared fields of a configuration. */
export function formatShared(configuration: LlamaConfiguration): Record<string, unknown> {
  const { rotary } = configuration
  return {
    model_type: configuration.modelType,
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
    ...(rotary && formatRope({ ...rotary, share: undefined })),
    attention_dropout: configuration.attentionDropout,
    ...(configuration.residualDropout > 0 && { residual_dropout: configuration.residualDropout }),
    tie_word_embeddings: configuration.tieEmbeddings,
    initializer_range: configuration.initializationDeviation,
    ...formatTokenIds(configuration),
    torch_dtype: 'float32',
  }
}

/** Names the field whose value is not supported. */
export function refusal(family: string, field: string, reason: string): YuksuError {
  return new YuksuError('model-configuration', `config.json of a ${family} model: '${field}': ${reason}`)
}
