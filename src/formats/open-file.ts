import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { YuksuError } from '../errors.ts'
import { compressionOf, decompress } from './decompress.ts'
import type { DecompressionLimits } from './decompress.ts'
import { readError } from './read-error.ts'

export interface ReadFileOptions {
  readonly limits?: DecompressionLimits | undefined
  /** Told of the bytes that come from the disk. */
  readonly onRead?: ((bytes: number) => void) | undefined
}

/**
 * The pieces of a file in order, unpacked where its name says that it is compressed. Throws `missing-file`, `cannot-read`,
 * `not-a-file` for what would be waited on for ever (a pipe, a device, a socket), and what decompression throws.
 */
export async function* readFilePieces(
  path: string,
  { limits, onRead }: ReadFileOptions = {},
): AsyncGenerator<Uint8Array> {
  try {
    await checkIsFile(path)
    const stream = createReadStream(path, { highWaterMark: 1 << 18 })
    const file = onRead ? told(stream, onRead) : stream
    const compression = compressionOf(path)
    yield* compression === undefined ? file : decompress(path, compression, file, limits)
  } catch (error) {
    throw readError(path, error)
  }
}

async function* told(
  pieces: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    onRead(piece.length)
    yield piece
  }
}

/** Throws where `path` is no file; what would be waited on for ever is `not-a-file`. */
export async function checkIsFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw readError(path, error)
  })
  // A folder must be refused before a stream over it fails in its own words.
  if (found.isDirectory()) throw readError(path, Object.assign(new Error('folder'), { code: 'EISDIR' }))
  if (found.isFile()) return
  const kind = found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device'
  throw new YuksuError('not-a-file', `${path} is ${kind}; write what it gives into a file first`)
}
