import type { LogitsProcessor } from '../logits-processor.ts'

/** Drops tokens less likely than `minP` times the likeliest one (Nguyen et al. 2024), as `MinPLogitsWarper`. */
export function minPProcessor(minP: number, vocabularySize: number): LogitsProcessor {
  const distance = Math.log(minP)
  return (scores, offset) => {
    let highest = -Infinity
    for (let index = offset; index < offset + vocabularySize; index++) {
      if (scores[index]! > highest) highest = scores[index]!
    }
    const threshold = highest + distance
    for (let index = offset; index < offset + vocabularySize; index++) {
      if (scores[index]! < threshold) scores[index] = -Infinity
    }
  }
}
