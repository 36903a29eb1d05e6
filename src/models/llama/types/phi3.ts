/**
 * Phi-3 and Phi-4-mini (Abdin et al., 2024): Llama whose queries, keys and values are the parts of one product, as gate and what it lets
 * through are of another. Positions may turn a share of each head, and LongRoPE stretches them.
 */
import { z } from 'zod'
import { count, dropoutRate, parseWith } from '../../configuration.ts'
import { formatRope } from '../../rope-configuration.ts'
import { formatShared, readShared, unsupported } from '../fields.ts'
import { llamaLayout } from '../layout.ts'
import type { LlamaConfiguration } from '../configuration.ts'
import { readWindow, windowFields } from '../window.ts'
import type { ModelType } from './model-type.ts'

const family = 'Phi-3'

const schema = z.object({
  original_max_position_embeddings: count.default(4096),
  resid_pdrop: dropoutRate.nullish(),
  embd_pdrop: unsupported('dropout of embeddings is not supported; set it to 0'),
  sliding_window: windowFields.sliding_window,
})

/** Under the names of today: early releases call LongRoPE `su` or `yarn`, and the context of the training stands outside. */
function modernRope(rope: unknown, trained: number): unknown {
  if (typeof rope !== 'object' || rope === null || !('short_factor' in rope)) return rope
  const given = rope as Record<string, unknown>
  const kind = given.rope_type ?? given.type
  const isLong = kind === 'su' || kind === 'yarn' || kind === 'longrope'
  return { ...given, ...(isLong && { rope_type: 'longrope', original_max_position_embeddings: trained }) }
}

/** What older transformers takes for LongRoPE: three fields and no more, unless there is more to say. */
function formatPhiRope(configuration: LlamaConfiguration): Record<string, unknown> {
  const { rotary, rotaryShare } = configuration
  const fields = formatRope({ ...rotary!, share: rotaryShare })
  const { scaling } = rotary!
  if (scaling.rope_type !== 'longrope') return { ...fields, partial_rotary_factor: rotaryShare }
  const { rope_type: type, original_max_position_embeddings: trained, ...factors } = scaling
  return {
    ...fields,
    rope_scaling: { type, ...factors },
    original_max_position_embeddings: trained,
    partial_rotary_factor: rotaryShare,
  }
}

export const phi3Type: ModelType = {
  modelType: 'phi3',
  layout: {
    ...llamaLayout,
    architecture: 'Phi3ForCausalLM',
    projections: { fused: 'qkv_proj' },
    gated: { fused: 'gate_up_proj' },
  },
  parse(json) {
    const given = parseWith(schema, json, family)
    const trained = given.original_max_position_embeddings
    const modern = {
      ...json,
      rope_scaling: modernRope(json.rope_scaling, trained),
      rope_parameters: modernRope(json.rope_parameters, trained),
    }
    const shared = readShared(modern, 'phi3', family, {
      maxPositions: 4096,
      normEpsilon: 1e-5,
      isPartial: true,
      tokens: { bos: 1, eos: 32_000 },
    })
    const slidingWindow = readWindow(given, shared, shared.rotary!, {
      family,
      slides: () => typeof given.sliding_window === 'number',
    })
    return { ...shared, slidingWindow, residualDropout: given.resid_pdrop ?? 0 }
  },
  format: (configuration) => ({
    ...formatShared(configuration),
    ...formatPhiRope(configuration),
    resid_pdrop: configuration.residualDropout,
    residual_dropout: undefined,
    embd_pdrop: 0,
    sliding_window: configuration.slidingWindow?.size ?? null,
  }),
}
