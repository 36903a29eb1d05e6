// Zstandard frames (RFC 8878), walked block by block so that no more than one block comes out at a time and the memory that
// a frame asks for is known before it is given. The blocks themselves are decoded by fzstd.
import { YuksuError } from '../errors.ts'

const frameMagic = 0xfd2fb528
/** What `zstd --long` writes and reads; fzstd would take as much memory as a frame asks for. */
const windowLimit = 2 ** 27
const mostOfABlock = 2 ** 17

/** The contents of all frames of a .zst file. Throws `truncated-zstandard` and `corrupt-zstandard`. */
export async function* unpackZstandard(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd')
  const input = new Input(path, pieces[Symbol.asyncIterator]())
  try {
    while (await input.has(1)) {
      await input.need(4)
      const magic = input.number(0, 4)
      if (magic >>> 4 === 0x184d2a5) {
        await input.need(8)
        await input.skip(8 + input.number(4, 4))
        continue
      }
      if (magic !== frameMagic) throw corrupt(path, 'it is not Zstandard, or was damaged')
      const { length, checksum } = await frameHeader(path, input)
      let out: Uint8Array[] = []
      const decoder = new Decompress((bytes) => void out.push(bytes))
      decoder.push(await input.take(length))
      for (let last = false; !last;) {
        await input.need(3)
        const header = input.number(0, 3)
        last = (header & 1) === 1
        const kind = (header >> 1) & 3
        const size = header >> 3
        if (kind === 3 || size > mostOfABlock) throw corrupt(path, 'a block of it is damaged')
        decoder.push(await input.take(3 + (kind === 1 ? 1 : size) + (last && checksum ? 4 : 0)), last)
        for (const bytes of out) if (bytes.length > 0) yield bytes
        out = []
      }
    }
  } catch (error) {
    // The library's own errors carry a number, and an accident of damaged data is a RangeError or TypeError.
    const { code } = error as { code?: unknown }
    if (typeof code !== 'number' && !(error instanceof RangeError) && !(error instanceof TypeError))
      throw error
    throw corrupt(path, 'it was damaged', error)
  } finally {
    await input.close()
  }
}

async function frameHeader(path: string, input: Input): Promise<{ length: number; checksum: boolean }> {
  await input.need(5)
  const flags = input.number(4, 1)
  const single = (flags & 0x20) !== 0
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][flags >> 6]!
  const dictionaryBytes = [0, 1, 2, 4][flags & 3]!
  const sizeAt = 5 + (single ? 0 : 1) + dictionaryBytes
  await input.need(sizeAt + sizeBytes)
  if (dictionaryBytes > 0 && input.number(sizeAt - dictionaryBytes, dictionaryBytes) !== 0)
    throw corrupt(path, 'it needs a dictionary, which is not supported')
  let window: number
  if (single) window = input.number(sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  else {
    const descriptor = input.number(5, 1)
    window = 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8)
  }
  if (window > windowLimit) {
    const asked = Math.round(window / 2 ** 20)
    throw corrupt(
      path,
      `it asks for a window of ${asked} MiB, more than ${windowLimit >> 20}; compress it with --long=27 at most`,
    )
  }
  return { length: sizeAt + sizeBytes, checksum: (flags & 4) !== 0 }
}

function corrupt(path: string, why: string, cause?: unknown): YuksuError {
  return new YuksuError('corrupt-zstandard', `cannot decompress ${path}: ${why}`, { cause })
}

/** Bytes that are fetched as they are needed. */
class Input {
  readonly #path: string
  readonly #pieces: AsyncIterator<Uint8Array>
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0

  constructor(path: string, pieces: AsyncIterator<Uint8Array>) {
    this.#path = path
    this.#pieces = pieces
  }

  async has(count: number): Promise<boolean> {
    while (this.#bytes.length - this.#at < count) {
      const { value, done } = await this.#pieces.next()
      if (done === true) return false
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), value])
      this.#at = 0
    }
    return true
  }

  async need(count: number): Promise<void> {
    if (!(await this.has(count)))
      throw new YuksuError(
        'truncated-zstandard',
        `cannot decompress ${this.#path}: it ends in the middle; fetch it again`,
      )
  }

  /** A little-endian number of the next bytes, which must be there. */
  number(offset: number, length: number): number {
    const at = this.#at + offset
    return length < 8 ? this.#bytes.readUIntLE(at, length) : Number(this.#bytes.readBigUInt64LE(at))
  }

  async take(count: number): Promise<Uint8Array> {
    await this.need(count)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      await this.need(1)
      const step = Math.min(left, this.#bytes.length - this.#at)
      this.#at += step
      left -= step
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
