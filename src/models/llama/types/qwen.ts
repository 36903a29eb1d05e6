/**
 * Qwen 2 and 2.5 (Yang et al., 2024): biases on queries, keys and values. Qwen 3 (Yang et al., 2025): none, but norms of every head of
 * queries and keys. Where `use_sliding_window` says so, the layers from `max_window_layers` on slide.
 */
import { z } from 'zod'
import { parseWith } from '../../configuration.ts'
import type { LlamaConfiguration } from '../configuration.ts'
import { formatShared, readShared } from '../fields.ts'
import { headNorms, llamaLayout } from '../layout.ts'
import { layerTypes, readWindow, windowFields } from '../window.ts'
import type { ModelType } from './model-type.ts'

const schema = z.object({
  attention_bias: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.number().int().min(0).default(28),
  ...windowFields,
})

const defaults = { maxPositions: 32_768, normEpsilon: 1e-6, keyValueHeads: 32 }

function read(json: Readonly<Record<string, unknown>>, shared: LlamaConfiguration, family: string) {
  const given = parseWith(schema, json, family)
  const size = given.use_sliding_window
    ? given.sliding_window === undefined
      ? 4096
      : given.sliding_window
    : null
  const slidingWindow = readWindow({ ...given, sliding_window: size }, shared, shared.rotary!, {
    family,
    slides: (layer) => size !== null && layer >= given.max_window_layers,
  })
  return { bias: given.attention_bias, configuration: { ...shared, slidingWindow } }
}

const formatWindow = (configuration: LlamaConfiguration) => ({
  use_sliding_window: configuration.slidingWindow !== null,
  sliding_window: configuration.slidingWindow?.size ?? null,
  max_window_layers: configuration.slidingWindow?.layers[0] ?? configuration.layers,
  layer_types: layerTypes(configuration),
})

export const qwen2Type: ModelType = {
  modelType: 'qwen2',
  layout: { ...llamaLayout, architecture: 'Qwen2ForCausalLM' },
  parse(json) {
    const { configuration } = read(json, readShared(json, 'qwen2', 'Qwen 2', defaults), 'Qwen 2')
    return { ...configuration, attentionBias: true }
  },
  format: (configuration) => ({ ...formatShared(configuration), ...formatWindow(configuration) }),
}

export const qwen3Type: ModelType = {
  modelType: 'qwen3',
  layout: { ...llamaLayout, architecture: 'Qwen3ForCausalLM', headNorms },
  parse(json) {
    const shared = readShared(json, 'qwen3', 'Qwen 3', { ...defaults, headWidth: 128 })
    const { bias, configuration } = read(json, shared, 'Qwen 3')
    return { ...configuration, attentionBias: bias, attentionOutputBias: bias }
  },
  format: (configuration) => ({
    ...formatShared(configuration),
    attention_bias: configuration.attentionBias,
    ...formatWindow(configuration),
  }),
}
