// Bytes of a text file, through gunzip where the name ends in .gz, without a byte order mark.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { YuksuError } from '../errors.ts'
import { readError } from './read-error.ts'
import { systemCode } from './write-error.ts'

/**
 * The pieces of the file in order. Throws `missing-file`, `cannot-read`, `empty-file` (no bytes besides a
 * byte order mark), `corrupt-gzip` (after the pieces that could be read) and `not-utf-8` for UTF-16.
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    // A folder must be refused before a stream over it fails in its own words.
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error('folder'), { code: 'EISDIR' })
    let start: Uint8Array | undefined = new Uint8Array(0)
    let empty = true
    for await (const piece of openStream(path)) {
      let bytes: Uint8Array = piece
      if (start) {
        start = Buffer.concat([start, piece])
        if (start.length < 3) continue
        bytes = withoutMark(path, start)
        start = undefined
      }
      if (bytes.length === 0) continue
      empty = false
      yield bytes
    }
    if (start && start.length > 0) {
      empty = false
      yield withoutMark(path, start)
    }
    if (empty) throw new YuksuError('empty-file', `${path} is empty; give a file with at least one row`)
  } catch (error) {
    throw sourceError(path, error)
  }
}

function openStream(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  if (!/\.gz$/i.test(path)) return file
  // The iteration below reports the error; the callback only keeps it from being thrown twice.
  return pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => undefined)
}

function withoutMark(path: string, start: Uint8Array): Uint8Array {
  const [first, second, third] = start
  if (first === 0xef && second === 0xbb && third === 0xbf) return start.subarray(3)
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new YuksuError('not-utf-8', `${path} is UTF-16; save it as UTF-8 and try again`)
  }
  return start
}

function sourceError(path: string, error: unknown): unknown {
  const code = systemCode(error)
  if (code?.startsWith('Z_')) {
    const why = code === 'Z_BUF_ERROR' ? 'it ends in the middle' : 'it is not gzip or was damaged'
    const message = `cannot decompress ${path}: ${why}; fetch or compress it again`
    return new YuksuError('corrupt-gzip', message, { cause: error })
  }
  return readError(path, error)
}
