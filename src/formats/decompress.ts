import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream'
import { YuksuError } from '../errors.ts'
import { systemCode } from './write-error.ts'
import { unpackBzip2 } from './bzip2.ts'
import { unpackZstandard } from './zstandard.ts'

/** Ends of names that are understood besides those of formats. */
export const compressions = ['.gz', '.zst', '.bz2'] as const
export type Compression = (typeof compressions)[number]

export function compressionOf(path: string): Compression | undefined {
  return compressions.find((name) => path.toLowerCase().endsWith(name))
}

/** The name of what is compressed. */
export function withoutCompression(path: string): string {
  return path.slice(0, path.length - (compressionOf(path)?.length ?? 0))
}

/** When decompression is given up. */
export interface DecompressionLimits {
  /** Bytes that come out in all. */
  readonly bytes: number
  /** Bytes that come out of one that goes in, once `ratioFrom` bytes are out. Text of people stays below 30. */
  readonly ratio: number
  readonly ratioFrom: number
}

export const defaultLimits: DecompressionLimits = { bytes: 2 ** 40, ratio: 250, ratioFrom: 2 ** 26 }

/**
 * What is compressed in the pieces of a file, in any number of members one after another. Throws, after what could be read:
 * `truncated-gzip`, `corrupt-gzip` and their like for `-zstandard` and `-bzip2`, `zip-bomb`.
 */
export async function* decompress(
  path: string,
  compression: Compression,
  pieces: AsyncIterable<Uint8Array>,
  limits: DecompressionLimits = defaultLimits,
): AsyncGenerator<Uint8Array> {
  let read = 0
  let written = 0
  const counted = async function* () {
    for await (const piece of pieces) {
      read += piece.length
      yield piece
    }
  }
  try {
    for await (const piece of unpack(path, compression, counted())) {
      written += piece.length
      checkLimits(path, read, written, limits)
      yield piece
    }
  } catch (error) {
    throw decompressionError(path, error)
  }
}

function unpack(
  path: string,
  compression: Compression,
  pieces: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  if (compression === '.gz') return gunzip(pieces)
  return compression === '.zst' ? unpackZstandard(path, pieces) : unpackBzip2(path, pieces)
}

function gunzip(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // The iteration over the result reports the error; the callback only keeps it from being thrown twice.
  return pipeline(pieces, createGunzip({ chunkSize: 1 << 18 }), () => undefined)
}

function checkLimits(path: string, read: number, written: number, limits: DecompressionLimits): void {
  const { bytes, ratio, ratioFrom } = limits
  if (written <= bytes && (written <= ratioFrom || written <= ratio * read)) return
  const grown = written > bytes ? `more than ${inMebibytes(bytes)}` : `more than ${ratio} times what was read`
  throw new YuksuError(
    'zip-bomb',
    `${path} unpacks to ${grown} (${inMebibytes(written)} so far): it was left there; unpack it yourself if that is right`,
  )
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}

function decompressionError(path: string, error: unknown): unknown {
  const code = systemCode(error)
  if (!code?.startsWith('Z_')) return error
  const truncated = code === 'Z_BUF_ERROR'
  const why = truncated ? 'it ends in the middle' : 'it is not gzip or was damaged'
  const message = `cannot decompress ${path}: ${why}; fetch or compress it again`
  return new YuksuError(truncated ? 'truncated-gzip' : 'corrupt-gzip', message, { cause: error })
}
