/** The main job's parts in one place; everything else is under the subpaths (`yuksu/engine`, `yuksu/models`, …). */
export { YuksuError } from './errors.ts'
export { leadBaseline, longestBaseline } from './evaluate/baselines.ts'
export { type RougeOptions, type RougeReport, scoreRouge } from './evaluate/metrics/rouge.ts'
export {
  type DownloadProgress,
  resolveModelFolder,
  type ResolveOptions,
} from './formats/hub/resolve-model-folder.ts'
export { openLanguageModel, type OpenLanguageModel } from './generate/language-model.ts'
export { type LoadedForwardInputs, type LoadedModel, loadModel } from './generate/load-model.ts'
export type { GenerationOptions } from './generate/options.ts'
export { openTextModel, type TextModel, type WrittenText } from './generate/text-model.ts'
export { inspectModel, type ModelInspection } from './models/inspect.ts'
export { Model, openModel } from './models/model.ts'
export { defineRecipe } from './recipes/validate.ts'
export { type Recipe, type RecipeInput } from './recipes/schema.ts'
export { type ChatServer, createServer, type ServerOptions } from './serve/server.ts'
export { trainByteLevelBpe } from './tokenizers/byte-level-bpe.ts'
export { loadTokenizer } from './tokenizers/load-tokenizer.ts'
export { type Tokenizer } from './tokenizers/tokenizer.ts'
export { trainTokenizerFromFiles } from './tokenizers/train-from-files.ts'
export { causal } from './train/objectives/causal.ts'
export { sequenceToSequence } from './train/objectives/sequence-to-sequence.ts'
export { train, type TrainerOptions, type TrainingProgress, type TrainingResult } from './train/trainer.ts'
