import { preTokenEnd } from './pre-token.ts'

/** The distinct pre-tokens of a corpus as bytes: word `i` is `bytes[starts[i] … starts[i + 1]]`, seen `counts[i]` times. */
export interface CountedWords {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly counts: Float64Array
}

/**
 * Counts pre-tokens in an open-addressing hash table over UTF-16 units, so that no string is made for a word that was
 * seen before. Bytes are made once per distinct word, at the end.
 */
export class PreTokenCounter {
  /** Distinct pre-tokens so far. */
  size = 0
  /** Pre-tokens so far, repeats included. */
  total = 0
  #slots = new Int32Array(1 << 16)
  #hashes = new Int32Array(1 << 15)
  #counts = new Float64Array(1 << 15)
  #ends = new Int32Array(1 << 15)
  #units = new Uint16Array(1 << 18)

  /** Counts the pre-tokens that GPT-2's pattern finds in a text. */
  addText(text: string): void {
    const limit = text.length
    for (let start = 0; start < limit;) {
      const end = preTokenEnd(text, start, limit)
      this.add(text, start, end)
      start = end
    }
  }

  /** Counts `text[start … end]` as one pre-token. */
  add(text: string, start: number, end: number): void {
    let hash = end - start
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1) ^ (hash >>> 15)
    this.total++
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (hash ^ (hash >>> 16)) & mask
    for (let word = slots[slot]!; word !== 0; word = slots[slot]!) {
      if (this.#hashes[word - 1] === hash && this.#equals(word - 1, text, start, end)) {
        this.#counts[word - 1]!++
        return
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = this.#append(text, start, end, hash) + 1
    if (this.size * 2 > slots.length) this.#rehash()
  }

  /** The distinct words as UTF-8; an unpaired surrogate becomes U+FFFD, as every encoder writes it. */
  words(): CountedWords {
    const size = this.size
    const used = size === 0 ? 0 : this.#ends[size - 1]!
    const bytes = new Uint8Array(used * 3)
    const starts = new Int32Array(size + 1)
    let length = 0
    for (let word = 0, unit = 0; word < size; word++) {
      starts[word] = length
      length = writeUtf8(this.#units, unit, this.#ends[word]!, bytes, length)
      unit = this.#ends[word]!
    }
    starts[size] = length
    return { bytes: bytes.subarray(0, length), starts, counts: this.#counts.subarray(0, size) }
  }

  #equals(word: number, text: string, start: number, end: number): boolean {
    const from = word === 0 ? 0 : this.#ends[word - 1]!
    if (this.#ends[word]! - from !== end - start) return false
    const units = this.#units
    for (let i = start, j = from; i < end; i++, j++) if (units[j] !== text.charCodeAt(i)) return false
    return true
  }

  #append(text: string, start: number, end: number, hash: number): number {
    const word = this.size++
    if (word === this.#hashes.length) this.#growWords()
    let unit = word === 0 ? 0 : this.#ends[word - 1]!
    if (unit + end - start > this.#units.length) this.#growUnits(unit + end - start)
    for (let i = start; i < end; i++) this.#units[unit++] = text.charCodeAt(i)
    this.#hashes[word] = hash
    this.#counts[word] = 1
    this.#ends[word] = unit
    return word
  }

  #growWords(): void {
    const capacity = this.#hashes.length * 2
    const [hashes, counts, ends] = [this.#hashes, this.#counts, this.#ends]
    this.#hashes = new Int32Array(capacity)
    this.#counts = new Float64Array(capacity)
    this.#ends = new Int32Array(capacity)
    this.#hashes.set(hashes)
    this.#counts.set(counts)
    this.#ends.set(ends)
  }

  #growUnits(needed: number): void {
    const units = this.#units
    this.#units = new Uint16Array(Math.max(needed, units.length * 2))
    this.#units.set(units)
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let word = 0; word < this.size; word++) {
      const hash = this.#hashes[word]!
      let slot = (hash ^ (hash >>> 16)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = word + 1
    }
    this.#slots = slots
  }
}

/** Writes `units[from … to]` as UTF-8 at `offset` and returns the offset after it. */
function writeUtf8(units: Uint16Array, from: number, to: number, bytes: Uint8Array, offset: number): number {
  for (let i = from; i < to; i++) {
    let code = units[i]!
    if ((code & 0xf800) === 0xd800) {
      const low = i + 1 < to ? units[i + 1]! : 0
      if (code < 0xdc00 && (low & 0xfc00) === 0xdc00) {
        code = ((code - 0xd800) << 10) + low - 0xdc00 + 0x10000
        i++
      } else code = 0xfffd
    }
    if (code < 0x80) bytes[offset++] = code
    else {
      if (code < 0x800) bytes[offset++] = 0xc0 | (code >> 6)
      else {
        if (code < 0x10000) bytes[offset++] = 0xe0 | (code >> 12)
        else {
          bytes[offset++] = 0xf0 | (code >> 18)
          bytes[offset++] = 0x80 | ((code >> 12) & 0x3f)
        }
        bytes[offset++] = 0x80 | ((code >> 6) & 0x3f)
      }
      bytes[offset++] = 0x80 | (code & 0x3f)
    }
  }
  return offset
}
