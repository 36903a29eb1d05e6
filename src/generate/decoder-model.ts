/** Token ids of one row, without padding. */
export type TokenRow = ArrayLike<number>

export interface DecoderRequest {
  /** Token ids an encoder reads, one row an example; absent for a decoder-only model. */
  readonly inputs?: readonly TokenRow[]
  /** Tokens the decoder starts from, one row an example: the prompt, or the decoder start token. Never empty. */
  readonly prompts: readonly TokenRow[]
  /** The most rows an example will have at once (beams or returned sequences); a hint for allocating caches. */
  readonly rowsPerExample: number
  /** The most tokens that will be generated after a prompt; a hint for allocating caches. */
  readonly maximumNewTokens: number
}

/**
 * What decoding needs from a model, whatever runs it. Rows have unequal lengths here: a model pads and masks inside
 * (an encoder on the right, a decoder's prompts on the left), so that padding cannot change an answer.
 */
export interface DecoderModel {
  readonly vocabularySize: number
  readonly isEncoderDecoder: boolean
  /** The most positions the decoder has, prompt included; absent where there is no such limit. */
  readonly maximumLength?: number
  /** The logits are log-probabilities already (a LogSoftmax in the model's graph); beam search then saves a pass. */
  readonly normalized?: boolean
  /** Encodes the inputs and runs the prompts once for each example. */
  start(request: DecoderRequest): Promise<DecoderState>
}

/** A batch in the middle of being decoded, with its key/value caches. */
export interface DecoderState {
  /**
   * Next-token logits after the prompts, `[examples, vocabulary]`. The caller may overwrite them.
   */
  readonly logits: Float32Array
  /**
   * Appends one token to every row and gives the next-token logits, `[tokens.length, vocabulary]`, which stay valid
   * until the next call and may be overwritten by the caller.
   *
   * `origins[i]` is the row of the previous call (at first: the example) that row `i` continues, so that rows can be
   * repeated (beams), exchanged and left out (finished examples). Rows of one example stay next to each other and
   * examples keep their order. Without `origins` every row continues itself.
   */
  step(tokens: Int32Array, origins?: Int32Array): Promise<Float32Array>
  /** Frees the caches; called once, also after an error. */
  dispose(): void
}
