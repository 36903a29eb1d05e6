import { IntegerList } from './integer-list.ts'

/**
 * What one merge saw on one side of the merged pair, by symbol id: how often each neighbour stood there (weighted by
 * word counts) and in which words. Arrays are as long as the vocabulary and are cleared by what was touched.
 */
export class Neighbours {
  /** Σ of word counts per neighbour. */
  readonly amount: Float64Array
  /** After {@link place}: the words of neighbour `n` are `list.items[from[n] … to[n]]`. */
  readonly from: Int32Array
  readonly to: Int32Array
  readonly #words: Int32Array
  readonly #lastWord: Int32Array
  readonly #touched: IntegerList = new IntegerList()
  readonly #events: IntegerList = new IntegerList()

  constructor(symbols: number) {
    this.amount = new Float64Array(symbols)
    this.from = new Int32Array(symbols)
    this.to = new Int32Array(symbols)
    this.#words = new Int32Array(symbols)
    this.#lastWord = new Int32Array(symbols)
  }

  note(neighbour: number, word: number, count: number): void {
    this.amount[neighbour]! += count
    if (this.#words[neighbour] === 0) this.#touched.push(neighbour)
    else if (this.#lastWord[neighbour] === word) return
    this.#lastWord[neighbour] = word
    this.#words[neighbour]!++
    this.#events.push(neighbour)
    this.#events.push(word)
  }

  has(neighbour: number): boolean {
    return this.#words[neighbour]! > 0
  }

  /** The distinct neighbours, in the order they were met. */
  touched(): Int32Array {
    return this.#touched.items.subarray(0, this.#touched.length)
  }

  /** Appends the words of each neighbour to a list, one stretch per neighbour. */
  place(list: IntegerList): void {
    const events = this.#events
    let next = list.reserve(events.length / 2)
    for (const neighbour of this.touched()) {
      this.from[neighbour] = next
      this.to[neighbour] = next
      next += this.#words[neighbour]!
    }
    for (let i = 0; i < events.length; i += 2) {
      list.items[this.to[events.items[i]!]!++] = events.items[i + 1]!
    }
    list.length = next
  }

  clear(): void {
    for (const neighbour of this.touched()) {
      this.amount[neighbour] = 0
      this.#words[neighbour] = 0
    }
    this.#touched.length = 0
    this.#events.length = 0
  }
}
