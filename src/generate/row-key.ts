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
