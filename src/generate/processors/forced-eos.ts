import type { LogitsProcessor } from '../logits-processor.ts'

/** Leaves only the given tokens (score 0) for the last place of a row that reaches its greatest length. */
export function forcedEosProcessor(forcedTokens: readonly number[], vocabularySize: number): LogitsProcessor {
  return (scores, offset, { length, maximumLength }) => {
    if (length !== maximumLength - 1) return
    scores.fill(-Infinity, offset, offset + vocabularySize)
    for (const token of forcedTokens) scores[offset + token] = 0
  }
}
