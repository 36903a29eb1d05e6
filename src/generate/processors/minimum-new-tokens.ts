import type { LogitsProcessor } from '../logits-processor.ts'

/** Excludes the end of sequence until `minimumNewTokens` tokens were generated. */
export function minimumNewTokensProcessor(
  minimumNewTokens: number,
  endTokens: readonly number[],
): LogitsProcessor {
  return (scores, offset, { length, promptLength }) => {
    if (length - promptLength >= minimumNewTokens) return
    for (const token of endTokens) scores[offset + token] = -Infinity
  }
}
