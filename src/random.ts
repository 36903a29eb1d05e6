/**
 * Random numbers by counter: the n-th number of a stream is a pure function of (seed, stream, n), so nothing
 * needs to be stored to resume, and every machine draws the same. Philox-4x32-10 of Salmon et al., "Parallel
 * Random Numbers: As Easy as 1, 2, 3" (SC 2011).
 */

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carried = aLow * bHigh + (middle % 0x10000)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000)) >>> 0
}

/** One Philox-4x32-10 block: four unsigned 32-bit words from a four-word counter and a two-word key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter
  let [keyLow, keyHigh] = key
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(0xd2511f53, a)
    const lowA = Math.imul(0xd2511f53, a) >>> 0
    const highC = multiplyHigh(0xcd9e8d57, c)
    const lowC = Math.imul(0xcd9e8d57, c) >>> 0
    a = (highC ^ b ^ keyLow) >>> 0
    b = lowC
    c = (highA ^ d ^ keyHigh) >>> 0
    d = lowA
    keyLow = (keyLow + 0x9e3779b9) >>> 0
    keyHigh = (keyHigh + 0xbb67ae85) >>> 0
  }
  return [a, b, c, d]
}

function words(value: number): [number, number] {
  return [value >>> 0, Math.floor(value / 0x100000000) >>> 0]
}

/** An unsigned 32-bit number that depends on nothing but its three arguments (safe integers, not negative). */
export function randomBits(seed: number, stream: number, counter: number): number {
  const [counterLow, counterHigh] = words(counter)
  const [streamLow, streamHigh] = words(stream)
  return philox([counterLow, counterHigh, streamLow, streamHigh], words(seed))[0]
}

/** A reader of one stream, drawing its numbers one after another. */
export interface Random {
  /** A number in [0, 1) with 32 bits. */
  fraction(): number
  /** An integer in [0, bound). */
  below(bound: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** One of the items, all equally likely. */
  pick<Item>(items: readonly Item[]): Item
  /** A new array with the items in a random order (Fisher–Yates). */
  shuffled<Item>(items: readonly Item[]): Item[]
}

/** Reads the stream `stream` of `seed` from its beginning. */
export function randomStream(seed: number, stream: number): Random {
  let counter = 0
  const fraction = (): number => randomBits(seed, stream, counter++) / 0x100000000
  const below = (bound: number): number => Math.floor(fraction() * bound)
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('pick: the list is empty')
      return items[below(items.length)]!
    },
    shuffled(items) {
      const result = [...items]
      for (let last = result.length - 1; last > 0; last--) {
        const chosen = below(last + 1)
        const item = result[last]!
        result[last] = result[chosen]!
        result[chosen] = item
      }
      return result
    },
  }
}
