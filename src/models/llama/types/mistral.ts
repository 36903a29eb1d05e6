/**
 * Mistral (Jiang et al., 2023): Llama with a sliding window in every layer; later releases have none. Mixtral (Jiang et al., 2024):
 * the same with experts in place of the feed-forward block.
 */
import { z } from 'zod'
import { count, parseWith } from '../../configuration.ts'
import type { LlamaConfiguration } from '../configuration.ts'
import { formatShared, readShared, refusal, unsupported } from '../fields.ts'
import { llamaLayout } from '../layout.ts'
import { readWindow, windowFields } from '../window.ts'
import type { ModelType } from './model-type.ts'

const defaults = { maxPositions: 131_072, keyValueHeads: 8, tokens: { bos: 1, eos: 2 } }

const windowSchema = z.object({
  sliding_window: windowFields.sliding_window,
  layer_types: unsupported('windows in some layers alone are not what this model type computes'),
})

function withWindow(
  json: Readonly<Record<string, unknown>>,
  configuration: LlamaConfiguration,
  family: string,
  defaultWindow: number | null,
): LlamaConfiguration {
  const { sliding_window: size = defaultWindow } = parseWith(windowSchema, json, family)
  const window = { sliding_window: size }
  const options = { family, slides: () => size !== null }
  return {
    ...configuration,
    slidingWindow: readWindow(window, configuration, configuration.rotary!, options),
  }
}

export const mistralType: ModelType = {
  modelType: 'mistral',
  layout: { ...llamaLayout, architecture: 'MistralForCausalLM' },
  parse: (json) =>
    withWindow(
      json,
      readShared(json, 'mistral', 'Mistral', { ...defaults, normEpsilon: 1e-6 }),
      'Mistral',
      4096,
    ),
  format: (configuration) => ({
    ...formatShared(configuration),
    sliding_window: configuration.slidingWindow?.size ?? null,
  }),
}

const expertSchema = z.object({
  num_local_experts: count.default(8),
  num_experts_per_tok: count.default(2),
  router_jitter_noise: unsupported('noise on what the router reads is not supported; set it to 0'),
  output_router_logits: unsupported('a loss that balances the experts is not supported; set it to false'),
})

export const mixtralType: ModelType = {
  modelType: 'mixtral',
  layout: {
    ...llamaLayout,
    architecture: 'MixtralForCausalLM',
    feedForward: 'block_sparse_moe',
    gated: { gate: 'w1', up: 'w3' },
    down: 'w2',
  },
  parse(json) {
    const given = parseWith(expertSchema, json, 'Mixtral')
    const { num_local_experts: experts, num_experts_per_tok: perToken } = given
    if (perToken > experts)
      throw refusal(
        'Mixtral',
        'num_experts_per_tok',
        `${perToken}, of ${experts} experts in num_local_experts`,
      )
    const shared = readShared(json, 'mixtral', 'Mixtral', { ...defaults, normEpsilon: 1e-5, theta: 1e6 })
    return {
      ...withWindow(json, shared, 'Mixtral', null),
      experts: { count: experts, perToken },
    }
  },
  format: (configuration) => ({
    ...mistralType.format(configuration),
    num_local_experts: configuration.experts?.count,
    num_experts_per_tok: configuration.experts?.perToken,
    output_router_logits: false,
    router_jitter_noise: 0,
  }),
}
