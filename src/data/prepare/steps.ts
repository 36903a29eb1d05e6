import { YuksuError } from '../../errors.ts'
import { nearest } from '../../settings/nearest-name.ts'
import { augmentationSteps } from '../augment/index.ts'
import { cleaningSteps } from '../clean/index.ts'
import { contaminationStep } from '../contamination/index.ts'
import { deduplicationSteps } from '../deduplicate/index.ts'
import {
  heuristicsStep,
  languageStep,
  perplexityStep,
  qualityStep,
  repetitionStep,
  toxicityStep,
} from '../filter/index.ts'
import { curriculumStep, mixStep, splitStep } from '../mix/index.ts'
import { personalDataStep } from '../personal-data/index.ts'
import { profileStep } from '../profile/index.ts'
import type { StepDefinition } from '../step.ts'

/** Every step that a recipe of a preparation can name, in the order of the documentation. */
export const stepDefinitions: readonly StepDefinition[] = [
  ...cleaningSteps,
  personalDataStep as StepDefinition,
  heuristicsStep as StepDefinition,
  repetitionStep as StepDefinition,
  languageStep as StepDefinition,
  perplexityStep as StepDefinition,
  qualityStep as StepDefinition,
  toxicityStep as StepDefinition,
  ...deduplicationSteps,
  contaminationStep as StepDefinition,
  mixStep as StepDefinition,
  splitStep as StepDefinition,
  curriculumStep as StepDefinition,
  profileStep as StepDefinition,
  ...augmentationSteps,
]

/** The step of that name. Throws `unknown-step` with the nearest name. */
export function findStep(name: string, known: readonly StepDefinition[] = stepDefinitions): StepDefinition {
  const found = known.find((step) => step.name === name)
  if (found !== undefined) return found
  const names = known.map((step) => step.name)
  const near = nearest(name, names)
  const mend = near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`
  throw new YuksuError('unknown-step', `there is no step ${name}; ${mend}`)
}
