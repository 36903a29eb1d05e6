/*
 * Pairs of sets above a Jaccard index: sets that have the same key in a band are compared, shingle by shingle. A pair is compared
 * in the first band in which it meets, so once.
 */
import { GrowingArray } from './growing-array.ts'
import { keyOf, metBefore, setOf, type SharedSets } from './text-sets.ts'

export interface SearchOptions {
  readonly sets: SharedSets
  /** The least Jaccard index of a pair. */
  readonly threshold: number
}

/** Pairs of sets, unordered, `first[i]` < `second[i]`. */
export interface SetPairs {
  readonly first: Uint32Array
  readonly second: Uint32Array
  readonly jaccard: Float64Array
  /** Pairs that were compared. */
  readonly compared: number
}

/** Finds the pairs that meet in a band and in none before it. */
export function createSearch({ sets, threshold }: SearchOptions): (band: number) => SetPairs {
  const bySize = orderBySize(sets.sizes)
  const sorter = createSorter(sets.count)
  return (band) => {
    const first = GrowingArray.uint32()
    const second = GrowingArray.uint32()
    const jaccard = GrowingArray.float64()
    let compared = 0
    const { order, keys } = sorter(bySize, (set) => keyOf(sets, set, band))
    for (let from = 0; from < order.length;) {
      let to = from + 1
      while (to < order.length && keys[to] === keys[from]) to++
      for (let at = from; at < to - 1; at++) {
        const one = order[at]!
        // In order of size, and sets of sizes too unlike cannot be alike.
        const largest = sets.sizes[one]! / threshold
        for (let beside = at + 1; beside < to; beside++) {
          const other = order[beside]!
          if (sets.sizes[other]! > largest) break
          if (metBefore(sets, one, other, band)) continue
          compared++
          const similarity = jaccardAbove(setOf(sets, one), setOf(sets, other), threshold)
          if (similarity === undefined) continue
          first.push(Math.min(one, other))
          second.push(Math.max(one, other))
          jaccard.push(similarity)
        }
      }
      from = to
    }
    return { first: first.values(), second: second.values(), jaccard: jaccard.values(), compared }
  }
}

/**
 * The Jaccard index of two sets, both in ascending order and neither empty, where it is at least `threshold`; given up as soon as
 * it cannot be.
 */
export function jaccardAbove(a: Float64Array, b: Float64Array, threshold: number): number | undefined {
  const total = a.length + b.length
  // Of shingles not shared there may be so many; one more, for the rounding of the quotient.
  let spare = total - 2 * Math.ceil((threshold / (1 + threshold)) * total - 1)
  let left = 0
  let right = 0
  let shared = 0
  while (left < a.length && right < b.length) {
    const one = a[left]!
    const other = b[right]!
    if (one === other) {
      shared++
      left++
      right++
    } else {
      if (--spare < 0) return undefined
      if (one < other) left++
      else right++
    }
  }
  const similarity = shared / (total - shared)
  return similarity >= threshold ? similarity : undefined
}

function orderBySize(sizes: Uint32Array): Uint32Array {
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0)
  const starts = new Uint32Array(largest + 2)
  for (const size of sizes) starts[size + 1]!++
  for (let size = 0; size <= largest; size++) starts[size + 1]! += starts[size]!
  const order = new Uint32Array(sizes.length)
  sizes.forEach((size, set) => {
    order[starts[size]!] = set
    starts[size]!++
  })
  return order
}

const digitBits = 11
const digits = 1 << digitBits

/** Sorts by 32-bit keys, those of one key staying in the order given: by three digits, the lowest first. */
function createSorter(count: number) {
  let [order, other] = [new Uint32Array(count), new Uint32Array(count)]
  let [keys, otherKeys] = [new Int32Array(count), new Int32Array(count)]
  const starts = new Uint32Array(digits)
  return (given: Uint32Array, keyOfSet: (set: number) => number) => {
    order.set(given)
    for (let at = 0; at < count; at++) keys[at] = keyOfSet(order[at]!)
    for (let shift = 0; shift < 32; shift += digitBits) {
      starts.fill(0)
      for (let at = 0; at < count; at++) starts[(keys[at]! >>> shift) & (digits - 1)]!++
      let sum = 0
      for (let digit = 0; digit < digits; digit++) {
        const here = starts[digit]!
        starts[digit] = sum
        sum += here
      }
      for (let at = 0; at < count; at++) {
        const key = keys[at]!
        const to = starts[(key >>> shift) & (digits - 1)]!++
        other[to] = order[at]!
        otherKeys[to] = key
      }
      ;[order, other] = [other, order]
      ;[keys, otherKeys] = [otherKeys, keys]
    }
    return { order, keys }
  }
}
