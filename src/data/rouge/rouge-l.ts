import { commonSubsequenceLength } from './longest-common-subsequence.ts'

/** Each from 0 to 1. */
export interface PrecisionRecall {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** Hits as a share of what was predicted and of what was expected, and F1 = 2PR / (P + R); 0 without a hit. */
export function precisionRecall(hits: number, predicted: number, expected: number): PrecisionRecall {
  if (hits === 0) return { precision: 0, recall: 0, f1: 0 }
  const precision = hits / predicted
  const recall = hits / expected
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) }
}

/** ROUGE-L of one text against another, as ids of tokens: by the length of their longest common subsequence. */
export function scoreRougeL(reference: Int32Array, prediction: Int32Array): PrecisionRecall {
  const common = commonSubsequenceLength(reference, prediction)
  return precisionRecall(common, prediction.length, reference.length)
}
