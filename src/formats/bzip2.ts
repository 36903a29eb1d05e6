// bzip2, as it is written down in the sources of bzip2 1.0 and "bzip2: Format Specification" (Joe Tsai): blocks of up to
// 900,000 bytes, each sorted (Burrows and Wheeler), moved to front, and coded by Huffman trees that change every 50 symbols.
import { YuksuError } from '../errors.ts'

const blockMark = 0x314159265359
const endMark = 0x177245385090
const longestCode = 20
const lookupBits = 10
const pieceBytes = 1 << 18

/** The contents of all streams of a .bz2 file, one after another. Throws `truncated-bzip2` and `corrupt-bzip2`. */
export async function* unpackBzip2(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = new BitInput(path, pieces[Symbol.asyncIterator]())
  try {
    await input.fill(4)
    do {
      await input.fill(4)
      const level = input.bits(24) === 0x425a68 ? input.bits(8) - 0x30 : 0
      if (level < 1 || level > 9) throw corrupt(path, 'it is not bzip2')
      let streamSum = 0
      for (;;) {
        // The most that the symbols of a block can take, and its tables.
        await input.fill((level * 100_000 * longestCode) / 8 + 50_000)
        const mark = input.bits(24) * 2 ** 24 + input.bits(24)
        const sum = (input.bits(16) << 16) | input.bits(16)
        if (mark === endMark) {
          if (sum !== streamSum) throw corrupt(path, 'its checksum is wrong')
          break
        }
        if (mark !== blockMark) throw corrupt(path, 'a block of it is damaged')
        yield* readBlock(path, input, level * 100_000, sum)
        streamSum = ((streamSum << 1) | (streamSum >>> 31)) ^ sum
      }
      input.toByte()
    } while (await input.hasMore())
  } finally {
    await input.close()
  }
}

function* readBlock(path: string, input: BitInput, size: number, sum: number): Generator<Uint8Array> {
  if (input.bits(1) === 1)
    throw corrupt(path, 'it was made by an old version (randomised blocks); unpack it with bunzip2')
  const origin = input.bits(24)
  const { order, length } = readSymbols(path, input, size)
  if (origin >= length) throw corrupt(path, 'a block of it is damaged')
  let at = order[origin]! >>> 8
  let out = Buffer.allocUnsafe(pieceBytes)
  let filled = 0
  let check = -1
  let last = -1
  let run = 0
  for (let i = 0; i < length; i++) {
    const entry = order[at]!
    const byte = entry & 255
    at = entry >>> 8
    let count = 1
    if (run === 4) {
      // After four of a kind comes how many more there are.
      count = byte
      run = 0
    } else {
      run = byte === last ? run + 1 : 1
      last = byte
    }
    for (; count > 0; count--) {
      out[filled++] = last
      check = (check << 8) ^ sums[((check >>> 24) ^ last) & 255]!
      if (filled === pieceBytes) {
        yield out
        out = Buffer.allocUnsafe(pieceBytes)
        filled = 0
      }
    }
  }
  if (~check !== sum) throw corrupt(path, 'its checksum is wrong')
  if (filled > 0) yield out.subarray(0, filled)
}

/**
 * The bytes of a block as they were sorted, and in the upper 24 bits of each where its successor stands.
 */
function readSymbols(path: string, input: BitInput, size: number): { order: Uint32Array; length: number } {
  const used = readUsed(input)
  if (used.length === 0) throw corrupt(path, 'a block of it is damaged')
  const trees = input.bits(3)
  const selectors = readSelectors(path, input, trees)
  const endOfBlock = used.length + 1
  const codes = Array.from({ length: trees }, () => readCode(path, input, endOfBlock + 1))
  const order = new Uint32Array(size)
  const counts = new Int32Array(256)
  let length = 0
  let run = 0
  let runDigit = 1
  let group = -1
  for (let left = 0; ; left--) {
    if (left === 0) {
      left = 50
      if (++group >= selectors.length) throw corrupt(path, 'a block of it is damaged')
    }
    const symbol = decodeSymbol(path, input, codes[selectors[group]!]!)
    if (symbol <= 1) {
      // A run in digits of one and two.
      run += runDigit << symbol
      runDigit <<= 1
      if (run > size) throw corrupt(path, 'a block of it is damaged')
      continue
    }
    if (run > 0) {
      const byte = used[0]!
      if (length + run > size) throw corrupt(path, 'a block of it is damaged')
      order.fill(byte, length, length + run)
      counts[byte]! += run
      length += run
      run = 0
      runDigit = 1
    }
    if (symbol === endOfBlock) break
    const place = symbol - 1
    const byte = used[place]!
    used.copyWithin(1, 0, place)
    used[0] = byte
    if (length === size) throw corrupt(path, 'a block of it is damaged')
    order[length++] = byte
    counts[byte]!++
  }
  let start = 0
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte]!
    counts[byte] = start
    start += count
  }
  for (let i = 0; i < length; i++) order[counts[order[i]! & 255]!++]! |= i << 8
  return { order, length }
}

function readUsed(input: BitInput): Uint8Array {
  const used: number[] = []
  const ranges = input.bits(16)
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue
    const bits = input.bits(16)
    for (let i = 0; i < 16; i++) if ((bits & (0x8000 >> i)) !== 0) used.push(range * 16 + i)
  }
  return Uint8Array.from(used)
}

function readSelectors(path: string, input: BitInput, trees: number): Uint8Array {
  const count = input.bits(15)
  if (trees < 2 || trees > 6 || count === 0) throw corrupt(path, 'a block of it is damaged')
  const recent = Array.from({ length: trees }, (_, i) => i)
  const selectors = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    let place = 0
    while (input.bits(1) === 1) if (++place >= trees) throw corrupt(path, 'a block of it is damaged')
    const [tree] = recent.splice(place, 1)
    recent.unshift(tree!)
    selectors[i] = tree!
  }
  return selectors
}

/** A canonical Huffman code: symbols by length, and for short codes a table of all that may follow them. */
interface Code {
  /** `symbol << 5 | length` by the next ten bits; 0 where the code is longer. */
  readonly lookup: Uint16Array
  /** The first code that is longer than each length, and what to add to a code of that length to have its place in `symbols`. */
  readonly limits: Int32Array
  readonly offsets: Int32Array
  readonly symbols: Uint16Array
}

function readCode(path: string, input: BitInput, count: number): Code {
  const lengths = new Uint8Array(count)
  let length = input.bits(5)
  for (let i = 0; i < count; i++) {
    for (;;) {
      if (length < 1 || length > longestCode) throw corrupt(path, 'a block of it is damaged')
      if (input.bits(1) === 0) break
      length += input.bits(1) === 0 ? 1 : -1
    }
    lengths[i] = length
  }
  const lookup = new Uint16Array(1 << lookupBits)
  const limits = new Int32Array(longestCode + 2)
  const offsets = new Int32Array(longestCode + 2)
  const symbols = new Uint16Array(count)
  let code = 0
  let place = 0
  for (let bits = 1; bits <= longestCode; bits++) {
    offsets[bits] = place - code
    for (let symbol = 0; symbol < count; symbol++) {
      if (lengths[symbol] !== bits) continue
      symbols[place++] = symbol
      if (bits <= lookupBits) {
        const shift = lookupBits - bits
        lookup.fill((symbol << 5) | bits, code << shift, (code + 1) << shift)
      }
      code++
    }
    limits[bits] = code
    code <<= 1
  }
  return { lookup, limits, offsets, symbols }
}

function decodeSymbol(path: string, input: BitInput, { lookup, limits, offsets, symbols }: Code): number {
  const next = input.peek(longestCode)
  const found = lookup[next >>> (longestCode - lookupBits)]!
  if (found > 0) {
    input.skip(found & 31)
    return found >>> 5
  }
  for (let bits = lookupBits + 1; bits <= longestCode; bits++) {
    const code = next >>> (longestCode - bits)
    if (code >= limits[bits]!) continue
    input.skip(bits)
    return symbols[code + offsets[bits]!]!
  }
  throw corrupt(path, 'a block of it is damaged')
}

const sums = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  return sum
})

function corrupt(path: string, why: string): YuksuError {
  return new YuksuError('corrupt-bzip2', `cannot decompress ${path}: ${why}; fetch or compress it again`)
}

/** Bits from the highest of each byte on. */
class BitInput {
  readonly #path: string
  readonly #pieces: AsyncIterator<Uint8Array>
  #bytes: Buffer = Buffer.alloc(0)
  /** In bits. */
  #at = 0

  constructor(path: string, pieces: AsyncIterator<Uint8Array>) {
    this.#path = path
    this.#pieces = pieces
  }

  /** Fetches until so many bytes lie ahead, or the file ends. */
  async fill(count: number): Promise<void> {
    const start = this.#at >>> 3
    let ahead = this.#bytes.length - start
    if (ahead >= count) return
    const parts: Uint8Array[] = [this.#bytes.subarray(start)]
    while (ahead < count) {
      const { value, done } = await this.#pieces.next()
      if (done === true) break
      parts.push(value)
      ahead += value.length
    }
    this.#bytes = Buffer.concat(parts)
    this.#at &= 7
  }

  async hasMore(): Promise<boolean> {
    await this.fill(1)
    return this.#at < this.#bytes.length * 8
  }

  /** The next bits, zeros beyond the end; `count` is at most 24. */
  peek(count: number): number {
    const byte = this.#at >>> 3
    const bytes = this.#bytes
    const word =
      ((bytes[byte] ?? 0) << 24) |
      ((bytes[byte + 1] ?? 0) << 16) |
      ((bytes[byte + 2] ?? 0) << 8) |
      (bytes[byte + 3] ?? 0)
    return (word << (this.#at & 7)) >>> (32 - count)
  }

  skip(count: number): void {
    this.#at += count
    if (this.#at <= this.#bytes.length * 8) return
    throw new YuksuError(
      'truncated-bzip2',
      `cannot decompress ${this.#path}: it ends in the middle; fetch it again`,
    )
  }

  bits(count: number): number {
    const value = this.peek(count)
    this.skip(count)
    return value
  }

  toByte(): void {
    this.#at = (this.#at + 7) & ~7
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
