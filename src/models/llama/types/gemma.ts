/**
 * Gemma 1 to 3, text alone (Gemma team, 2024, 2024, 2025). Norm weights are stored less one and embeddings scaled by √width in all of
 * them. Gemma 2 also norms what blocks add, bounds scores and logits, and every other layer slides; Gemma 3 norms heads of queries and
 * keys instead of bounding scores, five of six layers slide, and those turn positions by a base of their own.
 */
import { z } from 'zod'
import { count, parseWith } from '../../configuration.ts'
import { formatRope, parseRope, ropeObject } from '../../rope-configuration.ts'
import type { LlamaConfiguration } from '../configuration.ts'
import { activation, formatShared, readShared, unsupported, type FieldDefaults } from '../fields.ts'
import { headNorms, llamaLayout, type Layout } from '../layout.ts'
import { layerTypes, readWindow, windowFields } from '../window.ts'
import type { ModelType } from './model-type.ts'

type Json = Readonly<Record<string, unknown>>

const cap = z.number().positive().nullish()

const schema = z.object({
  attention_bias: z.boolean().default(false),
  use_bidirectional_attention: unsupported('attention to later tokens is not supported; set it to false'),
})

const defaults: FieldDefaults = {
  maxPositions: 8192,
  normEpsilon: 1e-6,
  headWidth: 256,
  tieEmbeddings: true,
  activation: 'gelu_pytorch_tanh',
  tokens: { bos: 2, eos: 1 },
}

const gemmaLayout: Layout = { ...llamaLayout, normOffset: 1, scalesEmbeddings: true }

const surroundingNorms = {
  beforeAttention: 'input_layernorm',
  afterAttention: 'post_attention_layernorm',
  beforeFeedForward: 'pre_feedforward_layernorm',
  afterFeedForward: 'post_feedforward_layernorm',
}

function read(
  json: Json,
  modelType: string,
  family: string,
  more: Partial<FieldDefaults>,
): LlamaConfiguration {
  const { attention_bias: bias } = parseWith(schema, json, family)
  const shared = readShared(json, modelType, family, { ...defaults, ...more })
  return { ...shared, attentionBias: bias, attentionOutputBias: bias }
}

const format = (configuration: LlamaConfiguration) => ({
  ...formatShared(configuration),
  attention_bias: configuration.attentionBias,
})

/** The first release wrote `gelu` for the approximation by tanh, and later a second field beside it. */
const firstActivation = z.object({
  hidden_act: activation.optional(),
  hidden_activation: z
    .literal(
      'gelu_pytorch_tanh',
      "versions of transformers read it differently; expected 'gelu_pytorch_tanh'",
    )
    .nullish(),
})

export const gemmaType: ModelType = {
  modelType: 'gemma',
  layout: { ...gemmaLayout, architecture: 'GemmaForCausalLM' },
  parse(json) {
    const { hidden_act: given } = parseWith(firstActivation, json, 'Gemma')
    const hidden_act = given === 'gelu' ? 'gelu_pytorch_tanh' : given
    return read({ ...json, hidden_act }, 'gemma', 'Gemma', { keyValueHeads: 16 })
  },
  format: (configuration) => ({ ...format(configuration), hidden_activation: configuration.activation }),
}

const laterSchema = z.object({
  hidden_activation: activation.default('gelu_pytorch_tanh'),
  query_pre_attn_scalar: z.number().positive().default(256),
  attn_logit_softcapping: cap,
  final_logit_softcapping: cap,
  ...windowFields,
})

/** What Gemma 2 and 3 share. They read `hidden_activation` alone. */
function readLater(json: Json, modelType: string, family: string, more: Partial<FieldDefaults>) {
  const given = parseWith(laterSchema, json, family)
  const named = { ...json, hidden_act: given.hidden_activation }
  const shared = read(named, modelType, family, { ...more, keyValueHeads: 4 })
  return { given, shared: { ...shared, queryScalar: given.query_pre_attn_scalar } }
}

function formatLater(configuration: LlamaConfiguration): Record<string, unknown> {
  return {
    ...format(configuration),
    hidden_activation: configuration.activation,
    query_pre_attn_scalar: configuration.queryScalar,
    attn_logit_softcapping: configuration.attentionSoftCap,
    final_logit_softcapping: configuration.logitSoftCap,
    sliding_window: configuration.slidingWindow?.size ?? null,
    layer_types: layerTypes(configuration),
  }
}

export const gemma2Type: ModelType = {
  modelType: 'gemma2',
  layout: { ...gemmaLayout, architecture: 'Gemma2ForCausalLM', norms: surroundingNorms },
  parse(json) {
    const { given, shared } = readLater(json, 'gemma2', 'Gemma 2', {})
    const { sliding_window: size = 4096 } = given
    const { attn_logit_softcapping: scores = 50, final_logit_softcapping: logits = 30 } = given
    return {
      ...shared,
      attentionSoftCap: scores,
      logitSoftCap: logits,
      slidingWindow: readWindow({ ...given, sliding_window: size }, shared, shared.rotary!, {
        family: 'Gemma 2',
        slides: (layer) => layer % 2 === 0,
      }),
    }
  },
  format: formatLater,
}

const thirdSchema = z.object({
  rope_local_base_freq: z.number().positive().default(10_000),
  sliding_window_pattern: count.default(6),
  attn_logit_softcapping: unsupported('transformers does not bound the scores of Gemma 3; set it to null'),
})

const byKind = z.object({
  rope_parameters: z.object({ full_attention: ropeObject, sliding_attention: ropeObject }).nullish(),
})

export const gemma3Type: ModelType = {
  modelType: 'gemma3_text',
  layout: { ...gemmaLayout, architecture: 'Gemma3ForCausalLM', norms: surroundingNorms, headNorms },
  parse(json) {
    const family = 'Gemma 3'
    const third = parseWith(thirdSchema, json, family)
    const rope = parseWith(byKind, json, family).rope_parameters
    const ofFull = rope?.full_attention ? { ...json, rope_parameters: rope.full_attention } : json
    const { given, shared } = readLater(
      { ...ofFull, ...(!rope?.full_attention && { rope_parameters: undefined }) },
      'gemma3_text',
      family,
      { maxPositions: 131_072, theta: 1e6 },
    )
    const { theta, scaling } = parseRope(
      { rope_parameters: rope?.sliding_attention },
      family,
      third.rope_local_base_freq,
    )
    const { sliding_window: size = 4096 } = given
    return {
      ...shared,
      logitSoftCap: given.final_logit_softcapping ?? null,
      slidingWindow: readWindow(
        { ...given, sliding_window: size },
        shared,
        { theta, scaling },
        {
          family,
          slides: (layer) => (layer + 1) % third.sliding_window_pattern !== 0,
        },
      ),
    }
  },
  format(configuration) {
    const { rotary, slidingWindow } = configuration
    const { rope_parameters: full } = formatRope({ ...rotary!, share: undefined })
    const local = slidingWindow?.rotary ?? { theta: 10_000, scaling: { rope_type: 'default' } }
    const sliding = formatRope({ ...local, share: undefined })
    return {
      ...formatLater(configuration),
      attn_logit_softcapping: null,
      rope_local_base_freq: sliding.rope_theta,
      rope_parameters: { full_attention: full, sliding_attention: sliding.rope_parameters },
    }
  },
}
