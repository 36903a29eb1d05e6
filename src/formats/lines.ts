import { decodeUtf8 } from './decode-utf8.ts'
import { RecordBuffer } from './record-splitter.ts'
import type { RawRecord, RecordSplitter } from './record-splitter.ts'
import { readBytes } from './text-source.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** A line of plain text, or why it could not be read; `number` and `line` are the same 1-based count. */
export type TextLine =
  | { readonly number: number; readonly line: number; readonly text: string }
  | { readonly number: number; readonly line: number; readonly error: string }

/**
 * The lines of a plain text file (through gunzip for `.gz`), empty ones included, without their LF or
 * CRLF; a final line end starts no further line. A line that is not UTF-8 becomes an error and the
 * others are read. Throws as `readBytes`.
 */
export async function* readLines(path: string): AsyncGenerator<TextLine> {
  const splitter = lineSplitter()
  for await (const piece of readBytes(path)) yield* splitter.push(piece).map(textLine)
  yield* splitter.finish().map(textLine)
}

function textLine({ line, bytes, error }: RawRecord): TextLine {
  if (error !== undefined) return { number: line, line, error }
  const decoded = decodeUtf8(bytes)
  if ('text' in decoded) return { number: line, line, text: decoded.text }
  return { number: line, line, error: invalidByteMessage(decoded.invalidAt) }
}

/** `offset` counts from 0 at the start of the row. */
export function invalidByteMessage(offset: number): string {
  return `byte ${offset + 1} of the row is not valid UTF-8`
}

/** Cuts at LF and drops one CR before it. */
export function lineSplitter(): RecordSplitter {
  const buffer = new RecordBuffer()
  let line = 1
  return {
    push(piece) {
      const records: RawRecord[] = []
      let start = 0
      for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
        records.push(withoutReturn(buffer.take(line++, piece.subarray(start, end))))
        start = end + 1
      }
      buffer.add(piece.subarray(start))
      return records
    },
    finish: () => (buffer.isEmpty ? [] : [withoutReturn(buffer.take(line, new Uint8Array(0)))]),
  }
}

function withoutReturn(record: RawRecord): RawRecord {
  if (record.bytes.at(-1) !== carriageReturn) return record
  return { ...record, bytes: record.bytes.subarray(0, -1) }
}
