import { writeUtf8 } from './utf8.ts'

/**
 * Numbers the distinct pre-tokens of texts, in order of appearance. An open-addressing hash table over UTF-16 units: no
 * string is made for a pre-token, whether it is new or was seen before.
 */
export class PreTokenTable {
  /** Distinct pre-tokens so far. */
  size = 0
  /** The text being read, in UTF-16 units; valid until the next `read`. */
  text = new Uint16Array(1 << 12)
  #slots = new Int32Array(1 << 14)
  #hashes = new Int32Array(1 << 13)
  #ends = new Int32Array(1 << 13)
  #units = new Uint16Array(1 << 16)
  #textBytes = Buffer.from(this.text.buffer)

  /**
   * Makes `text` the one that `indexOf` reads and returns its length in UTF-16 units. It is copied, because
   * single characters of a slice of a string are slow to reach.
   */
  read(text: string): number {
    if (text.length > this.text.length) {
      this.text = new Uint16Array(Math.max(text.length, this.text.length * 2))
      this.#textBytes = Buffer.from(this.text.buffer)
    }
    this.#textBytes.write(text, 'utf16le')
    return text.length
  }

  /** The number of the pre-token at `start … end` of the text being read; `size` before the call where it is new. */
  indexOf(start: number, end: number): number {
    const text = this.text
    let hash = end - start
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text[i]!, 0x9e3779b1) ^ (hash >>> 15)
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (hash ^ (hash >>> 16)) & mask
    for (let word = slots[slot]!; word !== 0; word = slots[slot]!) {
      if (this.#hashes[word - 1] === hash && this.#equals(word - 1, start, end)) return word - 1
      slot = (slot + 1) & mask
    }
    const index = this.#append(start, end, hash)
    slots[slot] = index + 1
    if (this.size * 2 > slots.length) this.#rehash()
    return index
  }

  /** Forgets all pre-tokens; the text being read stays. */
  clear(): void {
    this.size = 0
    this.#slots.fill(0)
  }

  /** All distinct pre-tokens as UTF-8: number `i` is `bytes[starts[i] … starts[i + 1]]`. Half a surrogate pair is U+FFFD. */
  utf8(): { bytes: Uint8Array; starts: Int32Array } {
    const size = this.size
    const bytes = new Uint8Array(this.#start(size) * 3)
    const starts = new Int32Array(size + 1)
    for (let word = 0; word < size; word++) {
      starts[word + 1] = writeUtf8(this.#units, this.#start(word), this.#ends[word]!, bytes, starts[word]!)
    }
    return { bytes: bytes.subarray(0, starts[size]), starts }
  }

  #start(word: number): number {
    return word === 0 ? 0 : this.#ends[word - 1]!
  }

  #equals(word: number, start: number, end: number): boolean {
    const from = this.#start(word)
    if (this.#ends[word]! - from !== end - start) return false
    const units = this.#units
    const text = this.text
    for (let i = start, j = from; i < end; i++, j++) if (units[j] !== text[i]) return false
    return true
  }

  #append(start: number, end: number, hash: number): number {
    const word = this.size++
    if (word === this.#hashes.length) {
      this.#hashes = extended(this.#hashes, word * 2)
      this.#ends = extended(this.#ends, word * 2)
    }
    const from = this.#start(word)
    const to = from + end - start
    if (to > this.#units.length) {
      const units = this.#units
      this.#units = new Uint16Array(Math.max(to, units.length * 2))
      this.#units.set(units)
    }
    this.#units.set(this.text.subarray(start, end), from)
    this.#hashes[word] = hash
    this.#ends[word] = to
    return word
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

function extended(items: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(capacity)
  longer.set(items)
  return longer
}
