import type { Model } from '../models/model.ts'
import { readGenerationConfig } from './generation-config.ts'
import { type GenerationOptions, generationOptionsSchema } from './options.ts'

const tokenOptions = [
  ['bosTokenId', 'bos_token_id'],
  ['eosTokenId', 'eos_token_id'],
  ['padTokenId', 'pad_token_id'],
  ['decoderStartTokenId', 'decoder_start_token_id'],
  ['forcedBosTokenId', 'forced_bos_token_id'],
  ['forcedEosTokenId', 'forced_eos_token_id'],
] as const

/**
 * How a model generates where a call says nothing: its `generation_config.json`, and for special tokens that this file
 * leaves out those of `config.json`, as transformers does.
 */
export function readModelDefaults(folder: string, model: Model): GenerationOptions {
  const configuration = model.family.formatConfiguration(model.configuration)
  const tokens = tokenOptions.flatMap(([name, key]) => {
    const value = configuration[key]
    return value === null || value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...generationOptionsSchema.parse(Object.fromEntries(tokens)),
    ...readGenerationConfig(folder).options,
  }
}
