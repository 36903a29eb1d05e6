import type { StepDefinition } from '../step.ts'
import { cleanStep } from './clean.ts'
import { lengthPercentilesStep } from './length-percentiles.ts'
import { lengthStep } from './length.ts'
import { summaryLanguageStep } from './summary-language.ts'

/** Cleaning of texts, and of rows by their lengths and the language of their summary. */
export const cleaningSteps: readonly StepDefinition[] = [
  cleanStep as StepDefinition,
  lengthStep as StepDefinition,
  lengthPercentilesStep as StepDefinition,
  summaryLanguageStep as StepDefinition,
]

export { type Changes } from './changes.ts'
export { cleanStep } from './clean.ts'
export { createTextCleaner, type TextCleaner } from './clean-text.ts'
export { type LengthOptions, lengthStep } from './length.ts'
export { type LengthPercentilesOptions, lengthPercentilesStep } from './length-percentiles.ts'
export { type CleanOptions, cleanOptionsSchema } from './options.ts'
export { type SummaryLanguageOptions, summaryLanguageStep } from './summary-language.ts'
