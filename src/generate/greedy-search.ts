import type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
import type { SearchPlan } from './search-plan.ts'
import { likeliestToken } from './select-token.ts'
import { searchTokens } from './token-search.ts'

/** The likeliest token at every step. */
export function greedySearch(plan: SearchPlan, hooks: GenerationHooks): Promise<GeneratedSequence[]> {
  const { vocabularySize } = plan.model
  return searchTokens(plan, (scores, offset) => likeliestToken(scores, offset, vocabularySize), hooks)
}
