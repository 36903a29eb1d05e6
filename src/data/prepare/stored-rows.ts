import { open } from 'node:fs/promises'
import { readError } from '../../formats/read-error.ts'
import type { IndexedRow, RowSource, RowValues } from '../step.ts'
import type { SourceColumns } from './find-columns.ts'
import { linesOf } from './process-rows.ts'
import type { SourceFile } from './row-collector.ts'
import { parseRowLine, placeOf } from './row-line.ts'

const lineFeed = 0x0a
/** Bytes read at once. */
const pieceSize = 1 << 20

/** Whole lines of a file, about a megabyte at once, each piece in memory of its own; `end` is where the next begins. */
export async function* linePieces(
  path: string,
  from = 0,
): AsyncGenerator<{ bytes: Uint8Array<ArrayBuffer>; end: number }> {
  const file = await open(path).catch((error: unknown) => {
    throw readError(path, error)
  })
  try {
    let start = from
    for (let size = pieceSize; ;) {
      const bytes = new Uint8Array(size)
      let read = 0
      while (read < size) {
        const { bytesRead } = await file.read(bytes, read, size - read, start + read)
        if (bytesRead === 0) break
        read += bytesRead
      }
      if (read === 0) return
      const end = bytes.subarray(0, read).lastIndexOf(lineFeed) + 1
      if (end === 0) {
        // A line longer than a piece.
        if (read < size) return
        size *= 2
        continue
      }
      start += end
      yield { bytes: end === size ? bytes : bytes.slice(0, end), end: start }
      size = pieceSize
    }
  } finally {
    await file.close()
  }
}

/** The rows that an earlier phase wrote, as a corpus step goes through them. */
export class StoredRows implements RowSource {
  readonly count: number
  readonly #path: string
  readonly #files: readonly SourceFile[]
  readonly #columns: readonly (SourceColumns | undefined)[]
  readonly #signal: AbortSignal | undefined

  constructor(
    path: string,
    count: number,
    files: readonly SourceFile[],
    columns: readonly (SourceColumns | undefined)[],
    signal: AbortSignal | undefined,
  ) {
    this.#path = path
    this.count = count
    this.#files = files
    this.#columns = columns
    this.#signal = signal
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<IndexedRow> {
    let index = 0
    for await (const { bytes } of linePieces(this.#path)) {
      this.#signal?.throwIfAborted()
      for (const line of linesOf(bytes)) {
        const { carried, valuesText } = parseRowLine(line)
        yield {
          place: placeOf(carried, this.#files[carried.source]!.file),
          values: JSON.parse(valuesText) as RowValues,
          index: index++,
          columns: this.#columns[carried.source]!,
        }
      }
    }
  }
}
