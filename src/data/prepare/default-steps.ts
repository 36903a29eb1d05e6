import type { StepDefinition } from '../step.ts'

/**
 * What is done without a recipe: steps that need no training, no model and no choice of the user's, and that leave all but broken
 * rows of documents, dialogues, reviews and pairs of sentences alike. Repetition, for one, would drop pairs whose sides share a name.
 */
const names = [
  'clean',
  'personal-data',
  'heuristics',
  'summary-language',
  'exact-duplicates',
  'near-duplicates',
]

/** Those of them that there are. */
export function defaultSteps(known: readonly StepDefinition[]): string[] {
  return names.filter((name) => known.some((step) => step.name === name))
}
