import type { LogitsProcessor } from '../logits-processor.ts'

/**
 * Makes each token of the row so far less likely: a positive score is divided by `penalty`, a negative one multiplied
 * (Keskar et al. 2019, CTRL), once however often it occurred. The prompt or decoder start token counts, padding does not.
 */
export function repetitionPenaltyProcessor(penalty: number, vocabularySize: number): LogitsProcessor {
  const seenIn = new Uint32Array(vocabularySize)
  let call = 0
  return (scores, offset, { tokens, start, length }) => {
    call++
    for (let position = start; position < start + length; position++) {
      const token = tokens[position]!
      if (token >= vocabularySize || seenIn[token] === call) continue
      seenIn[token] = call
      const score = scores[offset + token]!
      scores[offset + token] = score < 0 ? score * penalty : score / penalty
    }
  }
}
