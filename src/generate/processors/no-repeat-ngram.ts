import type { LogitsProcessor } from '../logits-processor.ts'

/** Excludes every token that would complete an n-gram of `size` the row already has, prompt included. */
export function noRepeatNgramProcessor(size: number, vocabularySize: number): LogitsProcessor {
  return (scores, offset, { tokens, start, length }) => {
    const end = start + length
    const suffix = end - (size - 1)
    for (let window = start; window + size <= end; window++) {
      let matching = 0
      while (matching < size - 1 && tokens[window + matching] === tokens[suffix + matching]) matching++
      if (matching < size - 1) continue
      const banned = tokens[window + size - 1]!
      if (banned < vocabularySize) scores[offset + banned] = -Infinity
    }
  }
}
