/** Steps of two hashes that see the same values differently, and their last step. All work on 32 bits. */

export function mixFirst(state: number, value: number): number {
  const mixed = Math.imul(state ^ value, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

export function mixSecond(state: number, value: number): number {
  const mixed = Math.imul(state + value, 0x85ebca77)
  return mixed ^ (mixed >>> 13)
}

/** Spreads each bit over all of a word (the last step of MurmurHash3, Appleby). */
export function finishMixing(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
