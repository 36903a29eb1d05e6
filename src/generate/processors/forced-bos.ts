import type { LogitsProcessor } from '../logits-processor.ts'

/** Leaves only `token` (score 0) as the second token of a row, after the decoder start token. */
export function forcedBosProcessor(token: number, vocabularySize: number): LogitsProcessor {
  return (scores, offset, { length }) => {
    if (length !== 1) return
    scores.fill(-Infinity, offset, offset + vocabularySize)
    scores[offset + token] = 0
  }
}
