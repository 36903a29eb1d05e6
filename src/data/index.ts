/** Rows of text: normalized, prepared with a reason for every dropped one, batched, or generated from a grammar. */
export {
  cachedChatModel,
  type ChatAnswer,
  type ChatMessage,
  type ChatModel,
  type ChatSettings,
  endpointChatModel,
  type EndpointOptions,
  languageModelChat,
} from './augment/index.ts'
export { createTextCleaner, type TextCleaner } from './clean/index.ts'
export { type ContaminationHit } from './contamination/index.ts'
export { type Batch, chooseBuckets, planBatches, type RowLengths } from './batching.ts'
export {
  type ConversationRow,
  prepareConversations,
  type PrepareConversationsOptions,
} from './conversation-rows.ts'
export {
  type GeneratedDialogue,
  generateDialogues,
  type GenerateDialoguesOptions,
  type Split,
} from './dialogue-grammar/dialogue-grammar.ts'
export {
  arpaBytes,
  areaUnderCurve,
  bitsPerCharacter,
  type ClassificationMeasures,
  type ClassifierOptions,
  createWordMatcher,
  detectableLanguages,
  type DetectedLanguage,
  detectLanguage,
  type FeatureOptions,
  type LabelledText,
  languageConfidence,
  type LanguageModelOptions,
  likeliestLabel,
  measureClassification,
  perplexity,
  readArpa,
  readLanguageModel,
  readTextClassifier,
  type TextClassifier,
  type TextModel,
  type TextScore,
  type ToxicWord,
  trainLanguageModel,
  trainTextClassifier,
  trainToxicityClassifier,
  type WordMatch,
  writeLanguageModel,
  writeTextClassifier,
} from './filter/index.ts'
export {
  findSimilarTexts,
  type SimilarPair,
  type SimilarTexts,
  type SimilarTextsOptions,
} from './deduplicate/index.ts'
export { type NormalizationCounts, normalizeText } from './normalize-text.ts'
export { findPreparation, type PreparationRecord } from './prepare/find-preparation.ts'
export { prepare, type PrepareOptions, type PreparationProgress } from './prepare/prepare.ts'
export {
  definePreparation,
  loadPreparation,
  type Preparation,
  type PreparationInput,
} from './prepare/recipe.ts'
export type { PreparationReport, StepReport } from './prepare/report.ts'
export { stepDefinitions } from './prepare/steps.ts'
export {
  type CorpusContext,
  type CorpusPlan,
  type CorpusStepDefinition,
  type DataRow,
  documentText,
  type IndexedRow,
  type RowOutcome,
  type RowPlace,
  type RowSource,
  type RowStep,
  type RowStepDefinition,
  type RowValues,
  type StepContext,
  type StepDefinition,
  type TextColumns,
} from './step.ts'
export { openSources, readBatch } from './sources/index.ts'
export { findPersonalData, maskPersonalData, type PersonalDataKind } from './personal-data/index.ts'
export { profileFiles, type ProfileFilesOptions, profilePage, type ProfileReport } from './profile/index.ts'
export {
  type PreparedSummarization,
  prepareSummarization,
  type PrepareSummarizationOptions,
  type SummarizationRow,
} from './summarization-rows.ts'
