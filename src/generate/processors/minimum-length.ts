import type { LogitsProcessor } from '../logits-processor.ts'

/** Excludes the end of sequence while the row, prompt or decoder start token included, is shorter than `minimumLength`. */
export function minimumLengthProcessor(minimumLength: number, endTokens: readonly number[]): LogitsProcessor {
  return (scores, offset, { length }) => {
    if (length >= minimumLength) return
    for (const token of endTokens) scores[offset + token] = -Infinity
  }
}
