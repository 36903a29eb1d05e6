/** Steps that leave rows out by what their text is like. */
export {
  detectableLanguages,
  type DetectedLanguage,
  detectLanguage,
  languageConfidence,
} from './language/detect-language.ts'
export { type LanguageOptions, languageStep } from './language/language-step.ts'
