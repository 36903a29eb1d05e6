import type { LogitsProcessor } from '../logits-processor.ts'

/** Excludes the last token of each sequence wherever the tokens before it end the row; a lone end of sequence token is let be. */
export function badWordsProcessor(
  words: readonly (readonly number[])[],
  endTokens: readonly number[],
  vocabularySize: number,
): LogitsProcessor {
  const banned = words.filter(
    (word) => !(word.length === 1 && endTokens.includes(word[0]!)) && word[word.length - 1]! < vocabularySize,
  )
  return (scores, offset, { tokens, start, length }) => {
    for (const word of banned) {
      const prefix = word.length - 1
      if (prefix > length) continue
      let matching = 0
      while (matching < prefix && tokens[start + length - prefix + matching] === word[matching]) matching++
      if (matching === prefix) scores[offset + word[prefix]!] = -Infinity
    }
  }
}
