import type { PairTable } from './pair-table.ts'

/**
 * A binary heap of candidate merges: the highest count first, among equals the pair with the smaller left, then the
 * smaller right id. An entry keeps the count it was pushed with (the caller compares it with the pair's present count
 * and pushes it back: a lazy update) and a range of the list of words it occurs in.
 */
export class MergeQueue {
  pair = new Int32Array(1 << 14)
  from = new Int32Array(1 << 14)
  to = new Int32Array(1 << 14)
  readonly #pairs: PairTable
  #count = new Float64Array(1 << 14)
  #heap = new Int32Array(1 << 14)
  #entries = 0
  #size = 0

  constructor(pairs: PairTable) {
    this.#pairs = pairs
  }

  /** A new candidate: a pair at its present count, occurring in words `from … to` of the caller's list. */
  add(pair: number, from: number, to: number): void {
    if (this.#entries === this.pair.length) this.#grow()
    const entry = this.#entries++
    this.pair[entry] = pair
    this.from[entry] = from
    this.to[entry] = to
    this.#push(entry)
  }

  /**
   * Takes the best candidate whose count is up to date; -1 where none has at least `minimumCount`.
   * Counts only fall between pushes, so a stale entry is never too low in the heap.
   */
  take(minimumCount: number): number {
    while (this.#size > 0) {
      const entry = this.#pop()
      const present = this.#pairs.count[this.pair[entry]!]!
      if (this.#count[entry] !== present) this.#push(entry)
      else return present < minimumCount ? -1 : entry
    }
    return -1
  }

  #push(entry: number): void {
    this.#count[entry] = this.#pairs.count[this.pair[entry]!]!
    const heap = this.#heap
    let node = this.#size++
    while (node > 0) {
      const parent = (node - 1) >> 1
      if (!this.#precedes(entry, heap[parent]!)) break
      heap[node] = heap[parent]!
      node = parent
    }
    heap[node] = entry
  }

  #pop(): number {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap[--this.#size]!
    const size = this.#size
    let node = 0
    for (let child = 1; child < size; child = 2 * node + 1) {
      if (child + 1 < size && this.#precedes(heap[child + 1]!, heap[child]!)) child++
      if (!this.#precedes(heap[child]!, last)) break
      heap[node] = heap[child]!
      node = child
    }
    heap[node] = last
    return top
  }

  #precedes(a: number, b: number): boolean {
    const counts = this.#count
    if (counts[a] !== counts[b]) return counts[a]! > counts[b]!
    const { left, right } = this.#pairs
    const [first, second] = [this.pair[a]!, this.pair[b]!]
    if (left[first] !== left[second]) return left[first]! < left[second]!
    return right[first]! < right[second]!
  }

  #grow(): void {
    const capacity = this.pair.length * 2
    const [pair, from, to, count, heap] = [this.pair, this.from, this.to, this.#count, this.#heap]
    this.pair = new Int32Array(capacity)
    this.from = new Int32Array(capacity)
    this.to = new Int32Array(capacity)
    this.#count = new Float64Array(capacity)
    this.#heap = new Int32Array(capacity)
    this.pair.set(pair)
    this.from.set(from)
    this.to.set(to)
    this.#count.set(count)
    this.#heap.set(heap)
  }
}
