import type { SpecialTokenRoles } from './special-tokens.ts'
import type { TokenizerTrainingProgress } from './byte-level-bpe.ts'

/** What every trainer of pieces over characters takes. */
export interface PieceTrainingOptions {
  /** Tokens in all: special tokens, characters and pieces. Fewer are made where the texts hold no more. */
  readonly vocabularySize: number
  /** Tokens never split nor merged; they get the first ids, in this order. */
  readonly specialTokens?: readonly string[] | undefined
  /** What special tokens are for; the customary ones need no word. */
  readonly roles?: SpecialTokenRoles | undefined
  /** The most characters to keep, the frequent ones; the others become unknown, or their bytes. Default all. */
  readonly alphabetLimit?: number | undefined
  readonly onProgress?: ((progress: TokenizerTrainingProgress) => void) | undefined
}

/** What was read. */
export interface CorpusReport {
  readonly texts: number
  readonly preTokens: number
  readonly distinctPreTokens: number
}
