/*
 * The sets of shingles of a corpus, each distinct set once: texts of the same shingles share one. What the corpus takes in memory
 * is 8 bytes a shingle, 4 a band and about 40 a text.
 */
import type { Digest } from './digest.ts'
import { GrowingArray } from './growing-array.ts'

/** Shingles in a piece of memory; a larger set has a piece of its own. */
const chunkShingles = 1 << 20
/** Sets whose keys lie in one piece of memory. */
const keyChunkBits = 14

/** Says of a text that it has no shingles. */
export const noSet = 0xffffffff

/** What threads are given of it: all of it is shared memory. */
export interface SharedSets {
  readonly bands: number
  readonly count: number
  readonly chunks: readonly Float64Array[]
  /** Where the set lies: chunk · 2²⁰ + place in the chunk. */
  readonly places: Float64Array
  readonly sizes: Uint32Array
  readonly keyChunks: readonly Int32Array[]
}

/** The distinct shingles of a set, in ascending order. */
export function setOf({ chunks, places, sizes }: SharedSets, set: number): Float64Array {
  const place = places[set]!
  const start = place % chunkShingles
  return chunks[Math.floor(place / chunkShingles)]!.subarray(start, start + sizes[set]!)
}

/** The key of a set in a band. */
export function keyOf({ keyChunks, bands }: SharedSets, set: number, band: number): number {
  return keyChunks[set >>> keyChunkBits]![(set & ((1 << keyChunkBits) - 1)) * bands + band]!
}

/** Whether two sets have the same key in a band before this one. */
export function metBefore({ keyChunks, bands }: SharedSets, a: number, b: number, band: number): boolean {
  const mask = (1 << keyChunkBits) - 1
  const [one, other] = [keyChunks[a >>> keyChunkBits]!, keyChunks[b >>> keyChunkBits]!]
  const [left, right] = [(a & mask) * bands, (b & mask) * bands]
  for (let earlier = 0; earlier < band; earlier++)
    if (one[left + earlier] === other[right + earlier]) return true
  return false
}

export class TextSets {
  private readonly bands: number
  private readonly chunks: Float64Array[] = []
  private filled = chunkShingles
  private readonly keyChunks: Int32Array[] = []
  private readonly places = GrowingArray.float64()
  private readonly sizes = GrowingArray.uint32()
  private readonly hashes = GrowingArray.float64()
  private readonly sets = GrowingArray.uint32()
  private readonly textLengths = GrowingArray.uint32()
  /** Sets by their hash, plus one: open addressing, at most half full. */
  private table = new Uint32Array(1 << 12)

  /** @param bands keys of a text; 0 where it has none. */
  constructor(bands: number) {
    this.bands = bands
  }

  /** The set of each text, `noSet` where it has no shingles. */
  get setOfText(): Uint32Array {
    return this.sets.values()
  }

  /** Characters of each text. */
  get lengths(): Uint32Array {
    return this.textLengths.values()
  }

  /** Adds texts behind those there are. */
  add(digest: Digest): void {
    let start = 0
    digest.sizes.forEach((size, at) => {
      const shingles = digest.shingles.subarray(start, start + size)
      start += size
      this.textLengths.push(digest.lengths[at]!)
      const keys = digest.keys.subarray(at * this.bands, (at + 1) * this.bands)
      this.sets.push(size === 0 ? noSet : this.setFor(shingles, digest.hashes[at]!, keys))
    })
  }

  shared(): SharedSets {
    const { bands, chunks, keyChunks } = this
    return {
      bands,
      count: this.sizes.length,
      chunks,
      places: this.places.values(),
      sizes: this.sizes.values(),
      keyChunks,
    }
  }

  private setFor(shingles: Float64Array, hash: number, keys: Int32Array): number {
    let slot = this.slotFor(hash)
    for (; this.table[slot] !== 0; slot = (slot + 1) & (this.table.length - 1)) {
      const known = this.table[slot]! - 1
      if (this.hashes.at(known) === hash && this.equals(known, shingles)) return known
    }
    const set = this.sizes.length
    this.table[slot] = set + 1
    this.keep(shingles)
    this.hashes.push(hash)
    this.keepKeys(set, keys)
    if (2 * this.sizes.length > this.table.length) this.widen()
    return set
  }

  private equals(set: number, shingles: Float64Array): boolean {
    if (this.sizes.at(set) !== shingles.length) return false
    const place = this.places.at(set)
    const chunk = this.chunks[Math.floor(place / chunkShingles)]!
    const start = place % chunkShingles
    return shingles.every((shingle, at) => chunk[start + at] === shingle)
  }

  private keep(shingles: Float64Array): void {
    const { length } = shingles
    if (this.filled + length > chunkShingles) {
      this.chunks.push(new Float64Array(new SharedArrayBuffer(8 * Math.max(chunkShingles, length))))
      this.filled = 0
    }
    this.chunks.at(-1)!.set(shingles, this.filled)
    this.places.push((this.chunks.length - 1) * chunkShingles + this.filled)
    this.sizes.push(length)
    this.filled += length
  }

  private keepKeys(set: number, keys: Int32Array): void {
    const at = set & ((1 << keyChunkBits) - 1)
    if (at === 0) this.keyChunks.push(new Int32Array(new SharedArrayBuffer((4 * this.bands) << keyChunkBits)))
    this.keyChunks.at(-1)!.set(keys, at * this.bands)
  }

  private slotFor(hash: number): number {
    float[0] = hash
    return halves[0]! & (this.table.length - 1)
  }

  private widen(): void {
    this.table = new Uint32Array(2 * this.table.length)
    for (let set = 0; set < this.sizes.length; set++) {
      let slot = this.slotFor(this.hashes.at(set))
      while (this.table[slot] !== 0) slot = (slot + 1) & (this.table.length - 1)
      this.table[slot] = set + 1
    }
  }
}

const float = new Float64Array(1)
const halves = new Uint32Array(float.buffer)
