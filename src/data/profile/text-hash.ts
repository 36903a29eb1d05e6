/*
 * 53 bits of hash of a text in one pass over its UTF-16 units: two lanes of multiply and shift, mixed at the end (the last step of
 * MurmurHash3, Appleby). Among a million texts two are taken for one with a probability of 6e-5.
 */

/** A whole number below 2⁵³. */
export function textHash(text: string): number {
  let first = 0x2f0b4f27
  let second = 0x6a09e667
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    first = Math.imul(first ^ unit, 0x9e3779b1)
    first ^= first >>> 15
    second = Math.imul(second + unit, 0x85ebca77)
    second ^= second >>> 13
  }
  const low = finish(first ^ Math.imul(second, 0x27d4eb2f)) >>> 0
  const high = finish(second + Math.imul(first, 0x165667b1)) >>> 11
  return high * 2 ** 32 + low
}

/** The same hash in another order, decided by the seed: what is drawn by it is drawn at random. */
export function reorder(hash: number, seed: number): number {
  const low = hash >>> 0
  const high = Math.floor(hash / 2 ** 32)
  const mixed = finish(finish(low ^ Math.imul(seed, 0x9e3779b1)) + Math.imul(high, 0x85ebca77))
  const other = finish(mixed ^ Math.imul(low, 0xc2b2ae35) ^ high)
  return (other >>> 11) * 2 ** 32 + (mixed >>> 0)
}

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
