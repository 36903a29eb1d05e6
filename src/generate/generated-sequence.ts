/** One generated row. */
export interface GeneratedSequence {
  /** Which input it answers. */
  readonly example: number
  /** The generated token ids without prompt and padding; a closing end of sequence token is included. */
  readonly tokens: readonly number[]
  /** `stop`: an end of sequence token came; `length`: the row reached its greatest length. */
  readonly finishReason: 'stop' | 'length'
  /** Of a beam search: the sum of log-probabilities divided by length to the power of `lengthPenalty`. */
  readonly score?: number
}

/** What a caller can see and stop while tokens are made. */
export interface GenerationHooks {
  /** Called for each token of greedy search and sampling; `row` counts the returned sequences. */
  readonly onToken?: (row: number, token: number) => void
  /** Stops between two tokens: `generate` frees its state and throws the signal's reason. */
  readonly signal?: AbortSignal
}
