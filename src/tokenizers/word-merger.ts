import type { IntegerList } from './integer-list.ts'
import { type Merge, MergeTable } from './merge-table.ts'

/** Positions fit in 26 bits, so that (rank, position) is one exact double. */
const positions = 2 ** 26

/** Words up to this many symbols are scanned for their best pair at every merge: quicker than a heap while all is near. */
const scannedLength = 24

/**
 * Applies byte-pair merges to one word: always the merge of lowest rank, of equals the leftmost. A long word has a heap of
 * (rank, position) keys, which makes it O(n log n), so that a single word of a megabyte is no trap.
 */
export class WordMerger {
  /** The symbols of the word, to be filled in from 0 after {@link reserve}. */
  symbols = new Int32Array(64)
  readonly #merges: MergeTable
  #next = new Int32Array(64)
  #previous = new Int32Array(64)
  /** The merge of the pair that begins at a position, −1 for none. */
  #mergeAt = new Int32Array(64)
  #heap = new Float64Array(192)
  #size = 0

  constructor(merges: readonly Merge[]) {
    this.#merges = new MergeTable(merges)
  }

  /** Makes room for a word of so many symbols. */
  reserve(length: number): void {
    if (length <= this.symbols.length) return
    const symbols = this.symbols
    this.symbols = new Int32Array(length * 2)
    this.symbols.set(symbols)
    this.#next = new Int32Array(length * 2)
    this.#previous = new Int32Array(length * 2)
    this.#mergeAt = new Int32Array(length * 2)
    // Each position is queued once at the start and at most two more are with every merge.
    this.#heap = new Float64Array(length * 6)
  }

  /** Appends to `out` what `symbols[0 … length]` become. */
  merge(length: number, out: IntegerList): void {
    if (length > scannedLength) this.#mergeByHeap(length, out)
    else this.#mergeByScan(length, out)
  }

  #mergeByScan(length: number, out: IntegerList): void {
    const [symbols, mergeAt, merges] = [this.symbols, this.#mergeAt, this.#merges]
    let left = length
    for (let i = 0; i + 1 < left; i++) mergeAt[i] = merges.find(symbols[i]!, symbols[i + 1]!)
    for (;;) {
      let best = -1
      let bestRank = 0x7fffffff
      for (let i = 0; i + 1 < left; i++) {
        const merge = mergeAt[i]!
        if (merge < 0) continue
        const rank = merges.rank(merge)
        if (rank < bestRank) {
          best = i
          bestRank = rank
        }
      }
      if (best < 0) break
      symbols[best] = merges.merged(mergeAt[best]!)
      left--
      for (let i = best + 1; i < left; i++) {
        symbols[i] = symbols[i + 1]!
        mergeAt[i] = mergeAt[i + 1]!
      }
      if (best + 1 < left) mergeAt[best] = merges.find(symbols[best]!, symbols[best + 1]!)
      if (best > 0) mergeAt[best - 1] = merges.find(symbols[best - 1]!, symbols[best]!)
    }
    for (let i = 0; i < left; i++) out.push(symbols[i]!)
  }

  #mergeByHeap(length: number, out: IntegerList): void {
    const [symbols, next, previous, mergeAt] = [this.symbols, this.#next, this.#previous, this.#mergeAt]
    for (let i = 0; i < length; i++) {
      next[i] = i + 1
      previous[i] = i - 1
    }
    for (let i = 0; i < length; i++) this.#queue(i, length)
    while (this.#size > 0) {
      const key = this.#pop()
      const position = key % positions
      const merge = mergeAt[position]!
      // A key that disagrees with the position is out of date.
      if (merge < 0 || this.#merges.rank(merge) !== Math.floor(key / positions)) continue
      const second = next[position]!
      symbols[position] = this.#merges.merged(merge)
      mergeAt[second] = -1
      next[position] = next[second]!
      if (next[second]! < length) previous[next[second]!] = position
      this.#queue(position, length)
      if (position > 0) this.#queue(previous[position]!, length)
    }
    for (let position = 0; position < length; position = next[position]!) out.push(symbols[position]!)
  }

  /** Looks up the pair that now begins at `position` and queues its merge, if there is one. */
  #queue(position: number, length: number): void {
    const second = this.#next[position]!
    const merge = second < length ? this.#merges.find(this.symbols[position]!, this.symbols[second]!) : -1
    this.#mergeAt[position] = merge
    if (merge >= 0) this.#push(this.#merges.rank(merge) * positions + position)
  }

  #push(key: number): void {
    const heap = this.#heap
    let node = this.#size++
    while (node > 0) {
      const parent = (node - 1) >> 1
      if (heap[parent]! <= key) break
      heap[node] = heap[parent]!
      node = parent
    }
    heap[node] = key
  }

  #pop(): number {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap[--this.#size]!
    const size = this.#size
    let node = 0
    for (let child = 1; child < size; child = 2 * node + 1) {
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= last) break
      heap[node] = heap[child]!
      node = child
    }
    heap[node] = last
    return top
  }
}
