/** A row of a file, line 0 where it has none. */
export interface CopyPlace {
  readonly file: string
  readonly row: number
  readonly line: number
}

/** A text that comes several times. */
export interface RepeatedText {
  readonly count: number
  readonly excerpt: string
  /** Where it was met the second time. */
  readonly place: CopyPlace
}

const kept = 4000

/** Counts exact copies of texts by their hashes, in about 24 bytes for each different text. */
export class CopyCounts {
  /** Different texts. */
  distinct = 0
  /** Texts that there are more than once, and how many of them there are besides the first. */
  repeated = 0
  copies = 0
  private hashes = new Float64Array(1 << 12)
  private counts = new Uint32Array(1 << 12)
  /** By hash, the most repeated of those met so far. */
  private readonly excerpts = new Map<number, { count: number; excerpt: string; place: CopyPlace }>()

  /** `excerpt` and `place` are asked for the second time a text comes. */
  add(hash: number, excerpt: () => string, place: () => CopyPlace): void {
    const slot = slotOf(hash, this.hashes, this.counts)
    const count = (this.counts[slot]! += 1)
    if (count === 1) {
      this.hashes[slot] = hash
      this.distinct++
      if (2 * this.distinct > this.hashes.length) this.grow()
      return
    }
    if (count === 2) this.repeated++
    this.copies++
    const known = this.excerpts.get(hash)
    if (known !== undefined) known.count = count
    else {
      this.excerpts.set(hash, { count, excerpt: excerpt(), place: place() })
      if (this.excerpts.size > 2 * kept) this.forget()
    }
  }

  /** The most repeated texts, the most frequent first. */
  top(count: number): RepeatedText[] {
    return [...this.excerpts.values()].toSorted(byCount).slice(0, count)
  }

  private forget(): void {
    const rare = [...this.excerpts].toSorted(([, a], [, b]) => byCount(a, b)).slice(kept)
    for (const [hash] of rare) this.excerpts.delete(hash)
  }

  private grow(): void {
    const [hashes, counts] = [
      new Float64Array(2 * this.hashes.length),
      new Uint32Array(2 * this.hashes.length),
    ]
    for (const [slot, count] of this.counts.entries()) {
      if (count === 0) continue
      const place = slotOf(this.hashes[slot]!, hashes, counts)
      hashes[place] = this.hashes[slot]!
      counts[place] = count
    }
    this.hashes = hashes
    this.counts = counts
  }
}

function byCount(a: RepeatedText, b: RepeatedText): number {
  return b.count - a.count || (a.excerpt < b.excerpt ? -1 : 1)
}

function slotOf(hash: number, hashes: Float64Array, counts: Uint32Array): number {
  let slot = hash % hashes.length
  while (counts[slot] !== 0 && hashes[slot] !== hash) slot = slot + 1 === hashes.length ? 0 : slot + 1
  return slot
}
