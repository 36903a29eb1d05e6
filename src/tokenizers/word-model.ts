import { bytePairModel } from './byte-pair-model.ts'
import type { IntegerList } from './integer-list.ts'
import type { ModelPart } from './tokenizer-parts.ts'
import { unigramModel } from './unigram-model.ts'
import { wordLevelModel } from './word-level-model.ts'
import { wordPieceModel } from './word-piece-model.ts'

/** Encodes single pre-tokens. Ids depend on the pre-token alone, so that they can be remembered. */
export interface WordModel {
  /** Appends the ids of `text[start … end]` (UTF-16, no half surrogate pairs, not empty). */
  encode(text: Uint16Array, start: number, end: number, out: IntegerList): void
}

/** `bytes`: pre-tokens are to be read as their UTF-8 bytes, each a character of the byte alphabet. */
export function createWordModel(part: ModelPart, bytes: boolean): WordModel {
  switch (part.type) {
    case 'BPE':
      return bytePairModel(part, bytes)
    case 'WordPiece':
      return wordPieceModel(part)
    case 'WordLevel':
      return wordLevelModel(part)
    case 'Unigram':
      return unigramModel(part)
  }
}
