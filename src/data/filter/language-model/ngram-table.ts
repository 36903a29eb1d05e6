import { YuksuError } from '../../../errors.ts'

/** No n-gram: of an empty place of the table, and of what was not found. */
export const absent = 0xffffffff

/** n-grams of one order, each the number of its first n − 1 words and its last word. */
export interface NgramList {
  readonly count: number
  readonly contexts: Uint32Array
  readonly words: Uint32Array
}

/**
 * n-grams of one order, numbered from 0 in the order in which they were first added: an n-gram is the number of its first
 * n − 1 words, as a table of order n − 1 gives it, and its last word. Typed arrays and open addressing, about 20 bytes an n-gram.
 */
export class NgramTable implements NgramList {
  count = 0
  contexts = new Uint32Array(1 << 12)
  words = new Uint32Array(1 << 12)
  private slots = new Uint32Array(1 << 13).fill(absent)

  /** The number of an n-gram, or `absent`. */
  find(context: number, word: number): number {
    return this.slots[this.slotOf(context, word)]!
  }

  /** The number of an n-gram, which is `count` before the call where it is new. */
  add(context: number, word: number): number {
    let slot = this.slotOf(context, word)
    const found = this.slots[slot]!
    if (found !== absent) return found
    if (this.count * 3 >= this.slots.length * 2) {
      this.enlarge()
      slot = this.slotOf(context, word)
    }
    if (this.count === this.contexts.length) {
      this.contexts = longer(this.contexts)
      this.words = longer(this.words)
    }
    this.contexts[this.count] = context
    this.words[this.count] = word
    this.slots[slot] = this.count
    return this.count++
  }

  private slotOf(context: number, word: number): number {
    const mask = this.slots.length - 1
    let hash = Math.imul(context, 0x9e3779b1) ^ Math.imul(word, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    let slot = (hash ^ (hash >>> 13)) & mask
    for (;;) {
      const found = this.slots[slot]!
      if (found === absent || (this.contexts[found] === context && this.words[found] === word)) return slot
      slot = (slot + 1) & mask
    }
  }

  private enlarge(): void {
    this.slots = new Uint32Array(this.slots.length * 2).fill(absent)
    for (let index = 0; index < this.count; index++) {
      this.slots[this.slotOf(this.contexts[index]!, this.words[index]!)] = index
    }
  }
}

/** The same numbers in an array of twice the length. */
export function longer(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  if (array.length >= 2 ** 30) {
    throw new YuksuError(
      'too-many-ngrams',
      'The text has more than a billion n-grams of one order; train on less text, or with a lower order.',
    )
  }
  const result = new Uint32Array(array.length * 2)
  result.set(array)
  return result
}
