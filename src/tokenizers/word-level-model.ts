import { YuksuError } from '../errors.ts'
import type { ModelPartOf } from './tokenizer-parts.ts'
import { textOf } from './unit-text.ts'
import type { WordModel } from './word-model.ts'

/** A token for each whole word. */
export function wordLevelModel(part: ModelPartOf<'WordLevel'>): WordModel {
  const ids = new Map(Object.entries(part.vocab))
  return {
    encode(text, start, end, out) {
      const word = textOf(text, start, end)
      const id = ids.get(word) ?? ids.get(part.unk_token)
      if (id === undefined) {
        throw new YuksuError(
          'unknown-character',
          `The tokenizer has no token for ${JSON.stringify(word.slice(0, 20))}, nor the unknown token ${part.unk_token}; add one of them.`,
        )
      }
      out.push(id)
    },
  }
}
