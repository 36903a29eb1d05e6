import { exponential } from './exponential.ts'

/** The token with the highest score, the first of equals; -1 when no token has a finite score. */
export function likeliestToken(scores: Float32Array, offset: number, vocabularySize: number): number {
  let best = -1
  let highest = -Infinity
  for (let token = 0; token < vocabularySize; token++) {
    const score = scores[offset + token]!
    if (score > highest) {
      highest = score
      best = token
    }
  }
  return best
}

/**
 * A token drawn from softmax(scores) by inverting the cumulative distribution at `position` in [0, 1); -1 when no
 * token has a finite score. `weights` is room for `vocabularySize` numbers.
 */
export function drawToken(
  scores: Float32Array,
  offset: number,
  vocabularySize: number,
  position: number,
  weights: Float64Array,
): number {
  const best = likeliestToken(scores, offset, vocabularySize)
  if (best < 0) return -1
  const highest = scores[offset + best]!
  let total = 0
  for (let token = 0; token < vocabularySize; token++) {
    total += weights[token] = exponential(scores[offset + token]! - highest)
  }
  let left = position * total
  for (let token = 0; token < vocabularySize; token++) {
    left -= weights[token]!
    if (left < 0) return token
  }
  return best
}
