/**
 * The tokens of one row so far, as a window on a shared buffer: `tokens[start … start + length)`. One object is moved from
 * row to row, so that looking at a row allocates nothing.
 */
export interface TokenHistory {
  tokens: Int32Array
  start: number
  /** Tokens in the row: its prompt (or decoder start token) and what was generated. */
  length: number
  /** How many of them were given. */
  promptLength: number
  /** The greatest length this row may reach. */
  maximumLength: number
}
