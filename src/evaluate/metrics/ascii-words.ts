/**
 * Reads the words of ASCII text as ids without making a string of each: most of scoring English is finding its words, and
 * a text repeats most of them. A word is a run of letters and digits, in lower case. Words stand in a hash table with open
 * addressing (FNV-1a over their letters), and only one that is new is handed out as a string.
 */

/** The lower-cased code of letters and digits, 0 for everything else. */
const wordCodes = Uint8Array.from({ length: 128 }, (_, code) =>
  /[a-z0-9]/i.test(String.fromCharCode(code)) ? String.fromCharCode(code).toLowerCase().charCodeAt(0) : 0,
)
const hashStart = 0x811c9dc5 | 0
const hashFactor = 0x01000193

export class AsciiWords {
  private readonly identify: (word: string) => number
  /** For each slot the number of an entry, counted from 1; 0 where it is free. A power of two. */
  private slots = new Int32Array(1024)
  private entries = 0
  /** Of each entry: its hash, where its letters start, how many they are, and its id. */
  private table = new Int32Array(4 * 512)
  /** The letters of all entries, one after another. */
  private letters = new Uint8Array(4096)
  private lettersUsed = 0
  /** The letters of the word being read, and the ids of the line. */
  private word = new Uint8Array(64)
  private ids = new Int32Array(256)

  /** `identify` gives the id of a word that has not been seen, and is not asked for it again. */
  constructor(identify: (word: string) => number) {
    this.identify = identify
  }

  /** The ids of a line's words in order, or undefined where a character is not ASCII. */
  read(line: string): Int32Array | undefined {
    const end = line.length
    let count = 0
    let length = 0
    let hash = hashStart
    for (let index = 0; index <= end; index++) {
      const character = index < end ? line.charCodeAt(index) : 32
      if (character > 127) return undefined
      const code = wordCodes[character]!
      if (code !== 0) {
        if (length === this.word.length) this.word = grown(this.word)
        this.word[length++] = code
        hash = Math.imul(hash ^ code, hashFactor)
      } else if (length > 0) {
        if (count === this.ids.length) this.ids = grown(this.ids)
        this.ids[count++] = this.find(hash, length, line, index)
        length = 0
        hash = hashStart
      }
    }
    return this.ids.slice(0, count)
  }

  /** The id of the word that was read, which ends in the line before `end`. */
  private find(hash: number, length: number, line: string, end: number): number {
    const { slots, table } = this
    const mask = slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let number = slots[slot]!; number !== 0; number = slots[slot]!) {
      const entry = 4 * (number - 1)
      if (table[entry] === hash && table[entry + 2] === length && this.holdsWord(table[entry + 1]!, length))
        return table[entry + 3]!
      slot = (slot + 1) & mask
    }
    const id = this.identify(line.slice(end - length, end).toLowerCase())
    this.add(slot, hash, length, id)
    return id
  }

  private holdsWord(start: number, length: number): boolean {
    const { letters, word } = this
    for (let index = 0; index < length; index++) {
      if (letters[start + index] !== word[index]) return false
    }
    return true
  }

  private add(slot: number, hash: number, length: number, id: number): void {
    while (this.lettersUsed + length > this.letters.length) this.letters = grown(this.letters)
    for (let index = 0; index < length; index++) this.letters[this.lettersUsed + index] = this.word[index]!
    const entry = 4 * this.entries
    if (entry === this.table.length) this.table = grown(this.table)
    this.table[entry] = hash
    this.table[entry + 1] = this.lettersUsed
    this.table[entry + 2] = length
    this.table[entry + 3] = id
    this.lettersUsed += length
    this.entries += 1
    this.slots[slot] = this.entries
    if (2 * this.entries > this.slots.length) this.rehash()
  }

  private rehash(): void {
    this.slots = new Int32Array(2 * this.slots.length)
    const mask = this.slots.length - 1
    for (let number = 1; number <= this.entries; number++) {
      const hash = this.table[4 * (number - 1)]!
      let slot = (hash ^ (hash >>> 15)) & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = number
    }
  }
}

function grown<Values extends Uint8Array | Int32Array>(values: Values): Values {
  const larger = new (values.constructor as new (length: number) => Values)(2 * values.length)
  larger.set(values)
  return larger
}
