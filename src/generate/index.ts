export type { DecoderModel, DecoderRequest, DecoderState, TokenRow } from './decoder-model.ts'
export { generate, type GenerationInputs } from './generate.ts'
export type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
export { readGenerationConfig, writeGenerationConfig } from './generation-config.ts'
export {
  checkGenerationOptions,
  type GenerationOptions,
  generationOptionsSchema,
  mergeGenerationOptions,
} from './options.ts'
export { createLogitsProcessors } from './processors/index.ts'
