import { TokenTrie, trieRoot } from './token-trie.ts'
import { type ModelPartOf, UnknownPart } from './tokenizer-parts.ts'
import type { WordModel } from './word-model.ts'

/**
 * WordPiece as BERT has it (Wu et al. 2016, https://arxiv.org/abs/1609.08144): the longest token first, then the longest that goes on with
 * the prefix (`##`). A word that cannot be made up so, or is very long, is unknown as a whole.
 */
export function wordPieceModel(part: ModelPartOf<'WordPiece'>): WordModel {
  const trie = new TokenTrie()
  for (const [token, id] of Object.entries(part.vocab)) trie.add(token, id)
  const unknown = part.vocab[part.unk_token]
  if (unknown === undefined)
    throw new UnknownPart(`its unknown token ${part.unk_token} is not in the vocabulary`)
  const within = trie.walk(part.continuing_subword_prefix)

  return {
    encode(text, start, end, out) {
      const before = out.length
      let place = characterCount(text, start, end) > part.max_input_chars_per_word ? -1 : start
      while (place >= 0 && place < end) {
        let node = place === start ? trieRoot : within
        let id = -1
        let next = -1
        for (let to = place; to < end && node >= 0;) {
          node = trie.next(node, text[to++]!)
          if (node >= 0 && trie.id(node) >= 0) {
            id = trie.id(node)
            next = to
          }
        }
        if (id >= 0) out.push(id)
        place = next
      }
      if (place >= 0) return
      out.length = before
      out.push(unknown)
    },
  }
}

function characterCount(text: Uint16Array, start: number, end: number): number {
  let count = 0
  for (let index = start; index < end; index++) if ((text[index]! & 0xfc00) !== 0xdc00) count++
  return count
}
