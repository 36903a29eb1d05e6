import { decodeUtf8, invalidByteMessage } from './decode-utf8.ts'
import { RecordCollector } from './record-splitter.ts'
import type { RawRecord, RecordSplitter } from './record-splitter.ts'
import { readBytes } from './text-source.ts'

const lineFeed = 0x0a

/** A line of plain text, or why it could not be read; `number` and `line` are the same 1-based count. */
export type TextLine =
  | { readonly number: number; readonly line: number; readonly text: string }
  | { readonly number: number; readonly line: number; readonly error: string }

/**
 * The lines of a plain text file (decompressed by its name, see `readBytes`), empty ones included, without their LF or
 * CRLF; a final line end starts no further line. A line that is not UTF-8 becomes an error and the
 * others are read. Throws as `readBytes`.
 */
export async function* readLines(path: string): AsyncGenerator<TextLine> {
  const splitter = lineSplitter()
  const collector = new RecordCollector()
  for await (const piece of readBytes(path)) {
    splitter.push(piece, collector)
    yield* collector.take().map(textLine)
  }
  splitter.finish(collector)
  yield* collector.take().map(textLine)
}

function textLine({ line, bytes, fault }: RawRecord): TextLine {
  if (fault !== undefined) return { number: line, line, error: fault.detail }
  const decoded = decodeUtf8(bytes)
  if ('text' in decoded) return { number: line, line, text: withoutReturn(decoded.text) }
  return { number: line, line, error: invalidByteMessage(decoded.invalidAt) }
}

/** A record of `lineSplitter` ends with the CR of a CRLF. */
export function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

/** Cuts at LF. */
export function lineSplitter(): RecordSplitter {
  let line = 1
  let begun = false
  return {
    push(piece, sink) {
      let start = 0
      for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
        sink.add(piece, start, end)
        sink.end(line++)
        start = end + 1
        begun = false
      }
      if (start === piece.length) return
      sink.add(piece, start, piece.length)
      begun = true
    },
    finish(sink) {
      if (begun) sink.end(line)
    },
  }
}
