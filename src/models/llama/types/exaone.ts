/**
 * EXAONE 3.x (LG AI Research, 2024): Llama under other names, those of GPT-2. EXAONE 4 (LG AI Research, 2025): norms of what blocks
 * add and none of what they read, norms of every head of queries and keys, and where layers slide those that do not know no positions.
 */
import { z } from 'zod'
import { count, parseWith } from '../../configuration.ts'
import { formatRope } from '../../rope-configuration.ts'
import { formatShared, readShared, refusal, unsupported } from '../fields.ts'
import { headNorms, llamaLayout } from '../layout.ts'
import { layerTypes, readWindow, windowFields } from '../window.ts'
import type { ModelType } from './model-type.ts'

/** EXAONE 3's names of fields, by Llama's. */
const thirdNames = {
  num_hidden_layers: 'num_layers',
  hidden_act: 'activation_function',
  rms_norm_eps: 'layer_norm_epsilon',
} as const

const thirdSchema = z.object({
  embed_dropout: unsupported('dropout of embeddings is not supported; set it to 0'),
  resid_dropout: unsupported('dropout of what blocks add is not supported; set it to 0'),
})

export const exaoneType: ModelType = {
  modelType: 'exaone',
  layout: {
    ...llamaLayout,
    architecture: 'ExaoneForCausalLM',
    embeddings: 'transformer.wte',
    layers: 'transformer.h',
    finalNorm: 'transformer.ln_f',
    attention: 'attn.attention',
    output: 'out_proj',
    gated: { gate: 'c_fc_0', up: 'c_fc_1' },
    down: 'c_proj',
    norms: { beforeAttention: 'ln_1', beforeFeedForward: 'ln_2' },
  },
  parse(json) {
    parseWith(thirdSchema, json, 'EXAONE')
    const named = Object.fromEntries(
      Object.entries(thirdNames).map(([name, own]) => [name, json[own] ?? json[name]]),
    )
    const { hidden_size: width, intermediate_size: inner } = json
    return readShared(
      {
        ...json,
        ...named,
        intermediate_size: inner ?? (typeof width === 'number' ? 4 * width : undefined),
      },
      'exaone',
      'EXAONE',
      { maxPositions: 2048, normEpsilon: 1e-6, tieEmbeddings: true, tokens: { bos: 0, eos: 2 } },
    )
  },
  format(configuration) {
    const shared = formatShared(configuration)
    const renamed = Object.entries(thirdNames).map(([name, own]) => [own, shared[name]])
    const kept = Object.entries(shared).filter(([name]) => !(name in thirdNames))
    return Object.fromEntries([...kept, ...renamed, ['embed_dropout', 0], ['resid_dropout', 0]])
  },
}

const fourthSchema = z.object({
  ...windowFields,
  sliding_window_pattern: z.union([count, z.literal(0), z.string(), z.null()]).optional(),
})

export const exaone4Type: ModelType = {
  modelType: 'exaone4',
  layout: {
    ...llamaLayout,
    architecture: 'Exaone4ForCausalLM',
    norms: { afterAttention: 'post_attention_layernorm', afterFeedForward: 'post_feedforward_layernorm' },
    headNorms,
  },
  parse(json) {
    const family = 'EXAONE 4'
    const given = parseWith(fourthSchema, json, family)
    const shared = readShared(json, 'exaone4', family, {
      maxPositions: 2048,
      normEpsilon: 1e-5,
      keyValueHeads: 32,
      tokens: { bos: 0, eos: 2 },
    })
    const { sliding_window: size = 4096, layer_types: types, sliding_window_pattern: pattern = 4 } = given
    if (size !== null && !types && typeof pattern !== 'number') {
      throw refusal(
        family,
        'sliding_window_pattern',
        `${JSON.stringify(pattern)} says which layers slide in words; give layer_types beside it`,
      )
    }
    const slidingWindow = readWindow({ ...given, sliding_window: size }, shared, shared.rotary!, {
      family,
      slides: (layer) => size !== null && (layer + 1) % Number(pattern) !== 0,
    })
    if (size !== null && slidingWindow === null) {
      throw refusal(
        family,
        'sliding_window',
        'no layer slides, and a window that none has takes positions from all; set it to null',
      )
    }
    return { ...shared, slidingWindow, rotary: slidingWindow === null ? shared.rotary : null }
  },
  format(configuration) {
    const { rotary, slidingWindow } = configuration
    return {
      ...formatShared(configuration),
      ...formatRope({ ...(rotary ?? slidingWindow!.rotary), share: undefined }),
      sliding_window: slidingWindow?.size ?? null,
      sliding_window_pattern: null,
      layer_types: layerTypes(configuration),
    }
  },
}
