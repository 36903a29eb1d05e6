/** A merge of byte-pair encoding, in order of rank: the two symbols, and the one that they become. */
export type Merge = readonly [left: number, right: number, merged: number]

/**
 * The merges of a vocabulary for encoding: an open-addressing hash table with all of an entry side by side, so that a look-up
 * touches one line of the processor's cache.
 */
export class MergeTable {
  /** By entry: left (−1 where free), right, rank, merged. */
  readonly #entries: Int32Array
  readonly #mask: number

  /** A pair that is there twice has its later rank, as in the reference. */
  constructor(merges: readonly Merge[]) {
    let capacity = 16
    while (capacity < merges.length * 2) capacity *= 2
    this.#mask = capacity - 1
    this.#entries = new Int32Array(capacity * 4).fill(-1)
    merges.forEach(([left, right, merged], rank) => {
      const at = this.#place(left, right)
      this.#entries.set([left, right, rank, merged], at)
    })
  }

  /** The place of a pair's entry, −1 where there is no such merge. */
  find(left: number, right: number): number {
    const at = this.#place(left, right)
    return this.#entries[at] === -1 ? -1 : at
  }

  rank(place: number): number {
    return this.#entries[place + 2]!
  }

  merged(place: number): number {
    return this.#entries[place + 3]!
  }

  /** Where the pair is, or would be. */
  #place(left: number, right: number): number {
    const entries = this.#entries
    const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b)
    let slot = (mixed ^ (mixed >>> 15)) & this.#mask
    for (;;) {
      const at = slot * 4
      const found = entries[at]!
      if (found === -1 || (found === left && entries[at + 1] === right)) return at
      slot = (slot + 1) & this.#mask
    }
  }
}
