/** Sizes of multiset intersections of small non-negative integers, in tables that are kept between calls. */

/** How often each id is left; all zero between calls, grown to the largest id. */
let counts = new Int32Array(1024)

/** Counts to take from. Only one may be in use at a time; `clear` ends the use. */
export interface IdCounts {
  /** Takes one of this id and says whether there was one left. */
  take(id: number): boolean
  clear(): void
}

function add(ids: Int32Array): void {
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!
    if (id >= counts.length) {
      const grown = new Int32Array(2 * id + 1)
      grown.set(counts)
      counts = grown
    }
    counts[id]!++
  }
}

function take(id: number): boolean {
  if (id >= counts.length || counts[id] === 0) return false
  counts[id]!--
  return true
}

function clear(ids: Int32Array): void {
  for (let index = 0; index < ids.length; index++) counts[ids[index]!] = 0
}

export function countIds(ids: Int32Array): IdCounts {
  add(ids)
  return { take, clear: () => clear(ids) }
}

/** How many ids two lists share, repetitions counted. */
export function sharedIds(left: Int32Array, right: Int32Array): number {
  add(left)
  let shared = 0
  for (let index = 0; index < right.length; index++) if (take(right[index]!)) shared++
  clear(left)
  return shared
}

/** A hash table with open addressing: place, first and second id and how often that pair is left. */
let table = new Int32Array(4 * 256)

/** Where the pair stands, or the free place (count and both ids zero, place unused) where it would. */
function find(first: number, second: number, mask: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  hash ^= hash >>> 15
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const start = 4 * slot
    if (table[start] === 0 || (table[start + 1] === first && table[start + 2] === second)) return start
  }
}

/** How many pairs of neighbours two lists share, repetitions counted. */
export function sharedPairs(left: Int32Array, right: Int32Array): number {
  let size = 64
  while (size < 2 * left.length) size *= 2
  if (4 * size > table.length) table = new Int32Array(4 * size)
  else table.fill(0, 0, 4 * size)
  for (let index = 1; index < left.length; index++) {
    const start = find(left[index - 1]!, left[index]!, size - 1)
    table[start] = 1
    table[start + 1] = left[index - 1]!
    table[start + 2] = left[index]!
    table[start + 3]!++
  }
  let shared = 0
  for (let index = 1; index < right.length; index++) {
    const start = find(right[index - 1]!, right[index]!, size - 1)
    if (table[start + 3]! > 0) {
      table[start + 3]!--
      shared++
    }
  }
  return shared
}
