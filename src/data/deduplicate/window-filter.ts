import { finishMixing } from './mixing.ts'

/** Odd, and otherwise any. */
const base = 0x2545f491
/** Bits of either table for each window, so that few of those that occur once are taken for repeated. */
const bitsPerWindow = 16
const mostBits = 2 ** 31

/**
 * Tells which windows of so many UTF-16 units may occur more than once: all that do, and a few others whose hashes agree. Two
 * tables of bits say which hashes have been seen, and which again (Karp and Rabin 1987 for the hash of a window that moves).
 */
export class WindowFilter {
  private readonly length: number
  private readonly shift: number
  private readonly seen: Uint32Array
  private readonly seenAgain: Uint32Array
  /** What the unit that leaves a window has grown to. */
  private readonly leaving: number

  /** @param windows how many there are in all, about. */
  constructor(length: number, windows: number) {
    const bits = Math.ceil(Math.log2(Math.min(mostBits, Math.max(1 << 12, windows * bitsPerWindow))))
    this.length = length
    this.shift = 32 - bits
    this.seen = new Uint32Array(2 ** (bits - 5))
    this.seenAgain = new Uint32Array(2 ** (bits - 5))
    let power = 1
    for (let unit = 0; unit < length; unit++) power = Math.imul(power, base)
    this.leaving = power
  }

  /** Notes all windows of a text. */
  add(text: string): void {
    const { seen, seenAgain } = this
    this.each(text, (bit) => {
      const [word, mask] = [bit >>> 5, 1 << (bit & 31)]
      if ((seen[word]! & mask) !== 0) seenAgain[word]! |= mask
      else seen[word]! |= mask
    })
  }

  /** The stretches of a text that windows cover which may occur more than once: their starts and ends, in order. */
  stretches(text: string): [start: number, end: number][] {
    const { seenAgain, length } = this
    const found: [number, number][] = []
    this.each(text, (bit, start) => {
      if ((seenAgain[bit >>> 5]! & (1 << (bit & 31))) === 0) return
      const last = found.at(-1)
      if (last !== undefined && start <= last[1]) last[1] = start + length
      else found.push([start, start + length])
    })
    return found
  }

  private each(text: string, tell: (bit: number, start: number) => void): void {
    const { length, leaving, shift } = this
    let hash = 0
    for (let at = 0; at < text.length; at++) {
      hash = (Math.imul(hash, base) + text.charCodeAt(at) + 1) | 0
      if (at >= length) hash = (hash - Math.imul(leaving, text.charCodeAt(at - length) + 1)) | 0
      if (at >= length - 1) tell(finishMixing(hash) >>> shift, at - length + 1)
    }
  }
}
