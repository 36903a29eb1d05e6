import { scoreRougeL } from './rouge-l.ts'
import type { Tokenize } from './rouge-units.ts'

/** A text with the ROUGE-L F1, from 0 to 1, between it and what was asked for. */
export interface SimilarText {
  readonly text: string
  readonly similarity: number
}

/** Texts that new ones are compared with by ROUGE-L. */
export class SimilarTexts {
  readonly #tokenize: Tokenize
  readonly #ids = new Map<string, number>()
  readonly #texts: { readonly text: string; readonly ids: Int32Array }[] = []

  constructor(tokenize: Tokenize) {
    this.#tokenize = tokenize
  }

  get size(): number {
    return this.#texts.length
  }

  add(text: string): void {
    this.#texts.push({ text, ids: this.#read(text) })
  }

  /** The text most like `text`, the first of equals; undefined where none shares a token with it. */
  closest(text: string): SimilarText | undefined {
    const ids = this.#read(text)
    let best: SimilarText | undefined
    for (const other of this.#texts) {
      // F1 is at most twice the shorter of all, which spares most comparisons of texts of unlike lengths.
      const bound = (2 * Math.min(ids.length, other.ids.length)) / (ids.length + other.ids.length)
      if (best !== undefined && bound <= best.similarity) continue
      const similarity = scoreRougeL(other.ids, ids).f1
      if (similarity > (best?.similarity ?? 0)) best = { text: other.text, similarity }
    }
    return best
  }

  #read(text: string): Int32Array {
    const tokens = text.split('\n').flatMap((line) => this.#tokenize(line))
    return Int32Array.from(tokens, (token) => {
      const known = this.#ids.get(token)
      if (known !== undefined) return known
      this.#ids.set(token, this.#ids.size)
      return this.#ids.size - 1
    })
  }
}

/** ROUGE-L F1 between two texts, from 0 to 1. */
export function textSimilarity(first: string, second: string, tokenize: Tokenize): number {
  const texts = new SimilarTexts(tokenize)
  texts.add(first)
  return texts.closest(second)?.similarity ?? 0
}
