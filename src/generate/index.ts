/** Text from a model: decoding, a text model over a folder, and a chat model in a thread of its own. */
export { type ChatMessage, type ChatTemplate, readChatTemplate } from './chat-template.ts'
export type { DecoderModel, DecoderRequest, DecoderState, TokenRow } from './decoder-model.ts'
export { createEngineModel, type EngineModel } from './engine-model.ts'
export { generate, type GenerationInputs } from './generate.ts'
export type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
export { readGenerationConfig, writeGenerationConfig } from './generation-config.ts'
export { languageModel, openLanguageModel, type OpenLanguageModel } from './language-model.ts'
export { loadModel, type LoadedForwardInputs, type LoadedModel, type TokenGrid } from './load-model.ts'
export {
  checkGenerationOptions,
  type GenerationOptions,
  generationOptionsSchema,
  mergeGenerationOptions,
} from './options.ts'
export { createLogitsProcessors } from './processors/index.ts'
export {
  createTextModel,
  openTextModel,
  type TextModel,
  type WriteHooks,
  type WrittenText,
} from './text-model.ts'
export {
  type AnswerHooks,
  openTextWriter,
  type TextWriter,
  type WriteRequest,
  type WriterDescription,
  type WrittenAnswer,
} from './text-writer.ts'
