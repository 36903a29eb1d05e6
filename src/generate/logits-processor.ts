import type { TokenHistory } from './token-history.ts'

/**
 * Changes the scores of one row in place, `scores[offset … offset + vocabulary)`, knowing the tokens before. Excluded tokens
 * become `-Infinity`. Processors follow transformers' `logits_process.py`, in the order of `createLogitsProcessors`.
 */
export type LogitsProcessor = (scores: Float32Array, offset: number, history: TokenHistory) => void
