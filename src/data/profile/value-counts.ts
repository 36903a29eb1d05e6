import { textHash } from './text-hash.ts'

/** Values that have a count of their own at most; longer ones are texts and have none. */
const most = 50_000
const longest = 120
const leastHashes = 2048

/**
 * Counts the values of a column. Exact while there are no more than 50,000 different ones of at most 120 characters; beyond,
 * those that come rarely are forgotten now and then (lossy counting, Manku and Motwani 2002), and the number of
 * different values is estimated by the 2,048 least hashes (Bar-Yossef et al. 2002), about 2 % off.
 */
export class ValueCounts {
  /** Whether no value was forgotten and none was too long. */
  isExact = true
  private readonly counts = new Map<string, number>()
  private forgotten = 0
  private readonly least = new LeastHashes(leastHashes)

  add(value: string): void {
    this.least.add(textHash(value))
    if (value.length > longest) {
      this.isExact = false
      return
    }
    this.counts.set(value, (this.counts.get(value) ?? this.forgotten) + 1)
    if (this.counts.size > most) this.forget()
  }

  /** Different values: counted or, where `isExact` is false, estimated. */
  get distinct(): number {
    return this.isExact ? this.counts.size : this.least.distinct()
  }

  /** Values with their counts, the most frequent first. */
  top(count: number): { value: string; count: number }[] {
    return [...this.counts]
      .map(([value, count]) => ({ value, count }))
      .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, count)
  }

  private forget(): void {
    this.isExact = false
    while (this.counts.size > most / 2) {
      this.forgotten++
      for (const [value, count] of this.counts) if (count <= this.forgotten) this.counts.delete(value)
    }
  }
}

/** The least of the hashes that were added: of n different ones spread evenly, the k-th is near k / n of their range. */
class LeastHashes {
  private readonly size: number
  private readonly held = new Set<number>()
  private bound = Infinity

  constructor(size: number) {
    this.size = size
  }

  add(hash: number): void {
    if (hash >= this.bound || this.held.has(hash)) return
    this.held.add(hash)
    if (this.held.size < 2 * this.size) return
    const sorted = [...this.held].toSorted((a, b) => a - b)
    this.bound = sorted[this.size]!
    for (const hash of sorted.slice(this.size)) this.held.delete(hash)
  }

  distinct(): number {
    if (this.bound === Infinity) return this.held.size
    const sorted = [...this.held].toSorted((a, b) => a - b)
    return Math.round(((this.size - 1) / sorted[this.size - 1]!) * 2 ** 53)
  }
}
