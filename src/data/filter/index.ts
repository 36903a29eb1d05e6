/** Steps that leave rows out by what their text is like. */
export {
  detectableLanguages,
  type DetectedLanguage,
  detectLanguage,
  languageConfidence,
} from './language/detect-language.ts'
export { type LanguageOptions, languageStep } from './language/language-step.ts'
export { arpaBytes, readArpa } from './language-model/arpa.ts'
export {
  bitsPerCharacter,
  type LanguageModelOptions,
  perplexity,
  type TextModel,
  type TextScore,
  trainLanguageModel,
} from './language-model/language-model.ts'
export { readLanguageModel, writeLanguageModel } from './language-model/model-file.ts'
export { type PerplexityOptions, perplexityStep } from './language-model/perplexity-step.ts'
export { type HeuristicsOptions, heuristicsOptionsSchema, heuristicsStep } from './heuristics.ts'
export { type RepetitionOptions, repetitionOptionsSchema, repetitionStep } from './repetition.ts'
export { readTextClassifier, writeTextClassifier } from './classifier/classifier-file.ts'
export {
  areaUnderCurve,
  type ClassificationMeasures,
  measureClassification,
} from './classifier/classification-measures.ts'
export type { FeatureOptions } from './classifier/hashed-features.ts'
export { type QualityOptions, qualityStep } from './classifier/quality-step.ts'
export {
  type ClassifierOptions,
  type LabelledText,
  likeliestLabel,
  type TextClassifier,
  trainTextClassifier,
} from './classifier/text-classifier.ts'
export {
  labelledRows,
  type ToxicityOptions,
  toxicityStep,
  trainToxicityClassifier,
} from './toxicity/toxicity-step.ts'
export type { ToxicWord } from './toxicity/toxic-words.ts'
export { createWordMatcher, type WordMatch } from './toxicity/word-matcher.ts'
