import { PreTokenTable } from './pre-token-table.ts'
import type { Scanner } from './scanner.ts'

/** The distinct pre-tokens of a corpus: word `i` is `bytes[starts[i] … starts[i + 1]]` (UTF-8), seen `counts[i]` times. */
export interface CountedWords {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly counts: Float64Array
}

/** Counts how often each pre-token occurs. */
export class PreTokenCounter {
  /** Pre-tokens so far, repeats included. */
  total = 0
  readonly #table: PreTokenTable = new PreTokenTable()
  #counts = new Float64Array(1 << 13)

  /** Distinct pre-tokens so far. */
  get distinct(): number {
    return this.#table.size
  }

  /** Counts the pre-tokens that a scanner finds in a text. */
  addText(text: string, scanner: Scanner): void {
    const table = this.#table
    const limit = table.read(text)
    for (let start = 0; start < limit;) {
      const found = scanner(table.text, start, limit)
      if (found >= 0) this.#count(start, found)
      start = found < 0 ? ~found : found
    }
  }

  /** Counts a text that is one pre-token. */
  addWord(word: string): void {
    this.#count(0, this.#table.read(word))
  }

  words(): CountedWords {
    return { ...this.#table.utf8(), counts: this.#counts.subarray(0, this.distinct) }
  }

  /** The distinct pre-tokens as text. */
  texts(): { texts: string[]; counts: Float64Array } {
    const { bytes, starts, counts } = this.words()
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const texts = Array.from(counts, (_, word) => whole.toString('utf8', starts[word], starts[word + 1]))
    return { texts, counts }
  }

  #count(start: number, end: number): void {
    const index = this.#table.indexOf(start, end)
    if (index >= this.#counts.length) {
      const counts = this.#counts
      this.#counts = new Float64Array(counts.length * 2)
      this.#counts.set(counts)
    }
    this.#counts[index]!++
    this.total++
  }
}
