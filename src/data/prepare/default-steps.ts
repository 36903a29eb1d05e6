import type { StepDefinition } from '../step.ts'

/** What is done without a recipe: every step that needs no training, no model and no choice of the user's. */
const names = ['clean', 'personal-data', 'heuristics', 'exact-duplicates', 'near-duplicates']

/** Those of them that there are. */
export function defaultSteps(known: readonly StepDefinition[]): string[] {
  return names.filter((name) => known.some((step) => step.name === name))
}
