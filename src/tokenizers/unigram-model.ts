import { YuksuError } from '../errors.ts'
import { TokenTrie, trieRoot } from './token-trie.ts'
import type { ModelPartOf } from './tokenizer-parts.ts'
import { codePointAt } from './unicode-classes.ts'
import { byteTokenIds, textOf } from './unit-text.ts'
import type { WordModel } from './word-model.ts'

/** How much less likely than the least likely piece a character is that no piece holds (natural logarithm). */
export const unknownPenalty = 10

/**
 * The unigram language model (Kudo 2018, https://aclanthology.org/P18-1007): of all ways to cut a text into pieces the one with the highest
 * sum of scores, by Viterbi's algorithm, computed in the order of the Rust library so that near ties fall alike.
 */
export function unigramModel(part: ModelPartOf<'Unigram'>): WordModel {
  const trie = new TokenTrie()
  const ids = new Map<string, number>()
  const scores = Float64Array.from(part.vocab, ([, score]) => score)
  part.vocab.forEach(([piece], id) => {
    trie.add(piece, id)
    ids.set(piece, id)
  })
  const unknown = part.unk_id ?? -1
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty
  const byteIds = part.byte_fallback ? byteTokenIds((token) => ids.get(token)) : []
  let best = new Float64Array(64)
  let from = new Int32Array(64)
  let idAt = new Int32Array(64)
  let path = new Int32Array(64)

  /** Fills `best`, `from` and `idAt` for every place in the text where a piece can end. */
  function search(text: Uint16Array, start: number, end: number): void {
    const length = end - start
    if (length >= best.length) {
      best = new Float64Array(length * 2)
      from = new Int32Array(length * 2)
      idAt = new Int32Array(length * 2)
      path = new Int32Array(length * 2)
    }
    from.fill(-1, 0, length + 1)
    best[0] = 0
    for (let place = 0; place < length;) {
      const single = place + (codePointAt(text, start + place, end) > 0xffff ? 2 : 1)
      let hasSingle = false
      let node: number = trieRoot
      for (let to = place; to < length;) {
        node = trie.next(node, text[start + to++]!)
        if (node < 0) break
        const id = trie.id(node)
        if (id < 0) continue
        reach(place, to, id, scores[id]!)
        if (to === single) hasSingle = true
      }
      if (!hasSingle) reach(place, single, unknown, unknownScore)
      place = single
    }
  }

  function reach(place: number, to: number, id: number, score: number): void {
    const sum = score + best[place]!
    if (from[to] !== -1 && sum <= best[to]!) return
    best[to] = sum
    from[to] = place
    idAt[to] = id
  }

  return {
    encode(text, start, end, out) {
      search(text, start, end)
      let steps = 0
      for (let place = end - start; place > 0; place = from[place]!) path[steps++] = place
      for (let step = steps - 1; step >= 0;) {
        const id = idAt[path[step]!]!
        if (id !== unknown) {
          out.push(id)
          step--
          continue
        }
        // What is unknown is taken together.
        const begin = start + from[path[step]!]!
        while (step > 0 && idAt[path[step - 1]!] === unknown) step--
        pushUnknown(textOf(text, begin, start + path[step]!))
        step--
      }

      function pushUnknown(given: string): void {
        const whole = ids.get(given)
        const bytes = part.byte_fallback
          ? Array.from(Buffer.from(given), (byte) => byteIds[byte])
          : [undefined]
        if (whole !== undefined) out.push(whole)
        else if (!bytes.includes(undefined)) for (const id of bytes) out.push(id!)
        else if (unknown >= 0) out.push(unknown)
        else
          throw new YuksuError(
            'unknown-character',
            `The tokenizer has no piece for ${JSON.stringify(given.slice(0, 20))} and names no unknown piece; give it text of the kind that it was trained on.`,
          )
      }
    },
  }
}
