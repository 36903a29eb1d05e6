import { exponential } from './exponential.ts'

/** log Σ exp over `scores[offset … offset + size)`; with it a log-probability is `score − logSumExp`. */
export function logSumExp(scores: Float32Array, offset: number, size: number): number {
  const end = offset + size
  let highest = -Infinity
  for (let index = offset; index < end; index++) {
    const score = scores[index]!
    if (score > highest) highest = score
  }
  if (highest === -Infinity) return -Infinity
  let sum = 0
  for (let index = offset; index < end; index++) sum += exponential(scores[index]! - highest)
  return highest + Math.log(sum)
}
