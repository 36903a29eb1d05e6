/**
 * Random numbers as a function of a key and a counter (Philox 2x32-10; Salmon et al. 2011, "Parallel random numbers: as easy
 * as 1, 2, 3"): nothing is kept between draws, so a draw does not depend on what else was drawn.
 */
const MULTIPLIER = 0xd256d193
const WEYL = 0x9e3779b9

function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const other = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) >>> 0
}

/** A number in [0, 1) with 53 random bits for a 32-bit key and a counter of two 32-bit words. */
export function uniform(key: number, counter: number, lane = 0): number {
  let left = counter >>> 0
  let right = lane >>> 0
  let round = key >>> 0
  for (let count = 0; count < 10; count++) {
    const high = highProduct(left, MULTIPLIER)
    const low = Math.imul(left, MULTIPLIER) >>> 0
    left = (high ^ round ^ right) >>> 0
    right = low
    round = (round + WEYL) >>> 0
  }
  return ((left >>> 5) * 0x4000000 + (right >>> 6)) / 0x20000000000000
}

/** A 32-bit key from a seed and the numbers that name a stream (murmur3's mixing). */
export function mixKey(seed: number, parts: Iterable<number>): number {
  let hash = seed >>> 0
  const absorb = (part: number): void => {
    let mixed = Math.imul(part, 0xcc9e2d51)
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
    hash ^= mixed
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  absorb(Math.floor(seed / 0x100000000))
  let length = 0
  for (const part of parts) {
    absorb(part)
    length++
  }
  hash ^= length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
