import { PairTable } from './pair-table.ts'

/** Positions fit in 26 bits, so that (rank, position) is one exact double. */
const positions = 2 ** 26

/**
 * Applies byte-pair merges to one word: always the merge of lowest rank, of equals the leftmost. A heap of
 * (rank, position) keys makes it O(n log n), so that a single word of a megabyte is no trap.
 */
export class WordMerger {
  readonly #pairs: PairTable = new PairTable()
  /** By pair index: the rank and the symbol the merge makes. */
  readonly #rank: Int32Array
  readonly #merged: Int32Array
  #symbols = new Int32Array(64)
  #next = new Int32Array(64)
  #previous = new Int32Array(64)
  /** The rank of the pair that begins at a position, -1 for none: a heap key that disagrees is out of date. */
  #rankAt = new Int32Array(64)
  #heap = new Float64Array(192)
  #size = 0

  /** `merges[rank]` is (left, right, what they become). */
  constructor(merges: readonly (readonly [left: number, right: number, merged: number])[]) {
    this.#rank = new Int32Array(merges.length)
    this.#merged = new Int32Array(merges.length)
    merges.forEach(([left, right, merged], rank) => {
      const pair = this.#pairs.indexOf(left, right)
      this.#rank[pair] = rank
      this.#merged[pair] = merged
    })
  }

  /** Pushes the symbols that `bytes[0 … length]` become onto `out`. */
  merge(bytes: Uint8Array, length: number, symbolOfByte: Int32Array, out: number[]): void {
    this.#start(bytes, length, symbolOfByte)
    const [symbols, next, previous, rankAt] = [this.#symbols, this.#next, this.#previous, this.#rankAt]
    while (this.#size > 0) {
      const key = this.#pop()
      const position = key % positions
      if (rankAt[position] !== Math.floor(key / positions)) continue
      const second = next[position]!
      symbols[position] = this.#merged[this.#pairs.find(symbols[position]!, symbols[second]!)]!
      rankAt[second] = -1
      next[position] = next[second]!
      if (next[second]! < length) previous[next[second]!] = position
      this.#queue(position, length)
      if (position > 0) this.#queue(previous[position]!, length)
    }
    for (let position = 0; position < length; position = next[position]!) out.push(symbols[position]!)
  }

  #start(bytes: Uint8Array, length: number, symbolOfByte: Int32Array): void {
    if (length > this.#symbols.length) {
      this.#symbols = new Int32Array(length * 2)
      this.#next = new Int32Array(length * 2)
      this.#previous = new Int32Array(length * 2)
      this.#rankAt = new Int32Array(length * 2)
      // Each position is queued once at the start and at most two more are with every merge.
      this.#heap = new Float64Array(length * 6)
    }
    for (let i = 0; i < length; i++) {
      this.#symbols[i] = symbolOfByte[bytes[i]!]!
      this.#next[i] = i + 1
      this.#previous[i] = i - 1
    }
    for (let i = 0; i < length; i++) this.#queue(i, length)
  }

  /** Looks up the pair that now begins at `position` and queues its merge, if there is one. */
  #queue(position: number, length: number): void {
    const second = this.#next[position]!
    const pair = second < length ? this.#pairs.find(this.#symbols[position]!, this.#symbols[second]!) : -1
    if (pair < 0) {
      this.#rankAt[position] = -1
      return
    }
    const rank = this.#rank[pair]!
    this.#rankAt[position] = rank
    this.#push(rank * positions + position)
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
