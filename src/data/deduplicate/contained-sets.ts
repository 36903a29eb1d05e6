/*
 * Sets of which a share lies inside another set. A set of which ⌈t·s⌉ of s shingles lie in another shares with it at least one of
 * any s − ⌈t·s⌉ + 1 of them (the prefix filter: Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007). So only its rarest
 * so many are put into an index, and what all shingles of the others find there is compared exactly.
 */
import { setImmediate } from 'node:timers/promises'
import { GrowingArray } from './growing-array.ts'
import { setOf, type SharedSets } from './text-sets.ts'

export interface ContainedOptions {
  /** The least share of a set that lies inside the other. */
  readonly threshold: number
  /** A set of fewer shingles is not said to lie in another: short texts stand in many. */
  readonly minimumShingles: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface Containment {
  readonly inner: number
  /** A larger set, or one as large and earlier. */
  readonly outer: number
  /** Of the shingles of `inner`, how many are in `outer`. */
  readonly share: number
}

/** Sets between which others may have their turn. */
const turn = 4096

/** Every set that lies inside another, with each that it lies in. */
export async function containedSets(
  sets: SharedSets,
  { threshold, minimumShingles, signal, onProgress }: ContainedOptions,
): Promise<Containment[]> {
  const index = prefixIndex(sets, threshold, minimumShingles)
  const found: Containment[] = []
  const seenBy = new Uint32Array(sets.count).fill(sets.count)
  for (let outer = 0; outer < sets.count; outer++) {
    if (outer % turn === 0) {
      await setImmediate()
      signal?.throwIfAborted()
      onProgress?.(outer, sets.count)
    }
    const shingles = setOf(sets, outer)
    for (const shingle of shingles) {
      index.each(shingle, (inner) => {
        if (seenBy[inner] === outer) return
        seenBy[inner] = outer
        const size = sets.sizes[inner]!
        if (size > shingles.length || (size === shingles.length && inner <= outer)) return
        const shared = sharedAtLeast(setOf(sets, inner), shingles, leastShared(size, threshold))
        if (shared !== undefined) found.push({ inner, outer, share: shared / size })
      })
    }
  }
  return found
}

/** The fewest shared shingles of `size` that are a share of at least `threshold`. */
function leastShared(size: number, threshold: number): number {
  let least = Math.ceil(threshold * size)
  while (least > 0 && (least - 1) / size >= threshold) least--
  return least
}

/** How many shingles two sets share; undefined as soon as they cannot be so many. */
function sharedAtLeast(inner: Float64Array, outer: Float64Array, least: number): number | undefined {
  let spare = inner.length - least
  let shared = 0
  let from = 0
  for (const shingle of inner) {
    from = placeFrom(outer, shingle, from)
    if (outer[from] === shingle) shared++
    else if (--spare < 0) return undefined
  }
  return shared
}

/** The first place from `from` on whose number is not below `value`: in doubling steps, then by halves. */
function placeFrom(numbers: Float64Array, value: number, from: number): number {
  let step = 1
  let low = from
  let high = from
  while (high < numbers.length && numbers[high]! < value) {
    low = high + 1
    high += step
    step *= 2
  }
  high = Math.min(high, numbers.length)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

interface PrefixIndex {
  /** The sets that have this shingle among their rarest. */
  each(shingle: number, tell: (set: number) => void): void
}

function prefixIndex(sets: SharedSets, threshold: number, minimumShingles: number): PrefixIndex {
  const frequencies = countShingles(sets)
  const shingles = GrowingArray.float64()
  const owners = GrowingArray.uint32()
  for (let set = 0; set < sets.count; set++) {
    const size = sets.sizes[set]!
    if (size < minimumShingles) continue
    const prefix = size - leastShared(size, threshold) + 1
    for (const shingle of rarest(setOf(sets, set), prefix, frequencies)) {
      shingles.push(shingle)
      owners.push(set)
    }
  }
  return postings(shingles.values(), owners.values())
}

/** How often shingles occur, those whose hashes end alike together: it only decides which are looked up. */
function countShingles(sets: SharedSets): (shingle: number) => number {
  const total = sets.sizes.reduce((sum, size) => sum + size, 0)
  const counts = new Uint32Array(2 ** Math.min(26, Math.max(10, Math.ceil(Math.log2(total + 1)))))
  const mask = counts.length - 1
  for (let set = 0; set < sets.count; set++)
    for (const shingle of setOf(sets, set)) counts[lowWord(shingle) & mask]!++
  return (shingle) => counts[lowWord(shingle) & mask]!
}

function rarest(shingles: Float64Array, count: number, frequency: (shingle: number) => number): Float64Array {
  if (count >= shingles.length) return shingles
  const counts = Array.from(shingles, frequency)
  const order = Array.from(shingles, (_, at) => at).sort((a, b) => counts[a]! - counts[b]! || a - b)
  return Float64Array.from(order.slice(0, count), (at) => shingles[at]!)
}

/** Open addressing over the distinct shingles, at most half full; the owners of one lie together. */
function postings(shingles: Float64Array, owners: Uint32Array): PrefixIndex {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2 * shingles.length, 2)))
  const mask = size - 1
  const known = new Float64Array(size)
  const ends = new Uint32Array(size)
  // No shingle is 0.
  const slotOf = (shingle: number): number => {
    let slot = lowWord(shingle) & mask
    while (known[slot] !== shingle && known[slot] !== 0) slot = (slot + 1) & mask
    return slot
  }
  for (const shingle of shingles) {
    const slot = slotOf(shingle)
    known[slot] = shingle
    ends[slot]!++
  }
  for (let slot = 1; slot < size; slot++) ends[slot]! += ends[slot - 1]!
  const sorted = new Uint32Array(shingles.length)
  const starts = ends.slice()
  for (let at = shingles.length - 1; at >= 0; at--) sorted[--starts[slotOf(shingles[at]!)]!] = owners[at]!
  return {
    each(shingle, tell) {
      const slot = slotOf(shingle)
      if (known[slot] === 0) return
      for (let at = starts[slot]!; at < ends[slot]!; at++) tell(sorted[at]!)
    },
  }
}

const float = new Float64Array(1)
const halves = new Uint32Array(float.buffer)

function lowWord(shingle: number): number {
  float[0] = shingle
  return halves[0]!
}
