// Bytes of a text file, unpacked where its name says that it is compressed, without a byte order mark.
import { YuksuError } from '../errors.ts'
import { markOf } from './encoding.ts'
import { readFilePieces } from './open-file.ts'

/**
 * The pieces of the file in order. Throws what `readFilePieces` throws, `empty-file` (no bytes besides a
 * byte order mark) and `not-utf-8` for UTF-16.
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array(0)
  let empty = true
  for await (const piece of readFilePieces(path)) {
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
}

function withoutMark(path: string, start: Uint8Array): Uint8Array {
  const mark = markOf(start)
  if (mark === undefined) return start
  if (mark.encoding === 'utf-8') return start.subarray(mark.length)
  throw new YuksuError('not-utf-8', `${path} is UTF-16; save it as UTF-8 and try again`)
}
