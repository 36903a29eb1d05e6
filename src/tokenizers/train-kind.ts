import { YuksuError } from '../errors.ts'
import { type TokenizerTrainingProgress, trainByteLevelBpe } from './byte-level-bpe.ts'
import { trainPieceBpe } from './piece-bpe.ts'
import type { CorpusReport } from './piece-options.ts'
import type { Tokenizer } from './tokenizer.ts'
import { trainUnigram } from './unigram.ts'
import { trainWordPiece } from './word-piece.ts'

export type TokenizerKind = 'bpe' | 'sentencepiece-bpe' | 'unigram' | 'wordpiece'

export interface TrainKindOptions {
  readonly vocabularySize: number
  readonly minimumFrequency: number
  /** Beside the usual ones of the kind. */
  readonly specialTokens: readonly string[]
  readonly normalizer?: 'NFC' | undefined
  readonly alphabetLimit?: number | undefined
  readonly onProgress?: ((progress: TokenizerTrainingProgress) => void) | undefined
}

/** Those of BART, which the encoder–decoder families expect, in its order; of Llama; of BERT. */
const usualTokens: Readonly<Record<TokenizerKind, readonly string[]>> = {
  bpe: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'],
  'sentencepiece-bpe': ['<unk>', '<s>', '</s>'],
  unigram: ['<unk>', '<s>', '</s>'],
  wordpiece: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
}

/** Trains a tokenizer of a kind. Throws YuksuError `unused-option` for an option that the kind has no use for, and as the trainers do. */
export function trainKind(
  kind: TokenizerKind,
  texts: AsyncIterable<string>,
  { minimumFrequency, normalizer, alphabetLimit, ...rest }: TrainKindOptions,
): Promise<Tokenizer & { readonly corpus: CorpusReport }> {
  const options = { ...rest, specialTokens: [...usualTokens[kind], ...rest.specialTokens] }
  if (kind === 'bpe' && alphabetLimit !== undefined) {
    throw new YuksuError(
      'unused-option',
      'an alphabet limit was given for kind bpe, whose alphabet is the 256 bytes; leave it out',
    )
  }
  if (kind === 'bpe') return trainByteLevelBpe(texts, { ...options, minimumFrequency, normalizer })
  if (kind === 'unigram') return trainUnigram(texts, { ...options, normalizer, alphabetLimit })
  if (kind === 'wordpiece') return trainWordPiece(texts, { ...options, minimumFrequency, alphabetLimit })
  return trainPieceBpe(texts, { ...options, minimumFrequency, normalizer, alphabetLimit })
}
