/*
 * MinHash (Broder 1997): the least value that a random permutation gives to the shingles of a set. Two sets have the same least
 * value with the probability of their Jaccard index. A permutation is x ↦ a · x + b modulo 2³² with an odd a, of shingles that
 * are hashes already.
 */
import { randomBits } from '../../random.ts'
import type { Bands } from './bands.ts'
import { mixFirst } from './mixing.ts'

/** Its own stream of random numbers; any number would do. */
const coefficients = 0x6d696e68

export class MinHasher {
  readonly bands: Bands
  private readonly factors: Int32Array
  private readonly offsets: Int32Array
  private readonly minima: Int32Array

  constructor(bands: Bands, seed = 0) {
    const count = bands.bands * bands.rows
    this.bands = bands
    this.factors = Int32Array.from({ length: count }, (_, at) => randomBits(seed, coefficients, 2 * at) | 1)
    this.offsets = Int32Array.from({ length: count }, (_, at) => randomBits(seed, coefficients, 2 * at + 1))
    this.minima = new Int32Array(count)
  }

  /**
   * The least values of `count` shingles, one a permutation; the memory is used again.
   *
   * @param words shingles as `Shingler.words` has them: two words each, of which the first counts.
   */
  signature(words: Uint32Array, count: number): Int32Array {
    const { factors, offsets, minima } = this
    const end = 2 * count
    for (let at = 0; at < minima.length; at++) {
      const factor = factors[at]!
      const offset = offsets[at]!
      let least = 0x7fffffff
      for (let word = 0; word < end; word += 2) {
        const value = (Math.imul(factor, words[word]!) + offset) | 0
        if (value < least) least = value
      }
      minima[at] = least
    }
    return minima
  }

  /** Writes one key a band to `keys` from `start` on: sets that agree in a band have the same key there. */
  writeKeys(words: Uint32Array, count: number, keys: Int32Array, start: number): void {
    const minima = this.signature(words, count)
    const { bands, rows } = this.bands
    for (let band = 0, at = 0; band < bands; band++) {
      let key = 0x3c6ef372
      for (const end = at + rows; at < end; at++) {
        key = mixFirst(key, minima[at]!)
      }
      keys[start + band] = key
    }
  }
}
