import { YuksuError } from '../errors.ts'
import type { RecordSplitter } from './record-splitter.ts'

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const lineFeed = 0x0a

/**
 * Cuts a JSON array into its elements without holding more than one of them. Whether an element is valid
 * JSON is for its parser to say. Throws `not-an-array` where the file holds something else.
 */
export function jsonArraySplitter(path: string): RecordSplitter {
  let line = 1
  let recordLine = 1
  let place: 'before' | 'inside' | 'after' = 'before'
  let depth = 0
  let inString = false
  let escaped = false
  /** Whether the current element has shown more than white space. */
  let begun = false
  let afterComma = false

  return {
    push(piece, sink) {
      let start = 0
      for (let i = 0; i < piece.length; i++) {
        const byte = piece[i]!
        if (inString) {
          if (escaped) escaped = false
          else if (byte === backslash) escaped = true
          else if (byte === quote) inString = false
          else if (byte === lineFeed) line++
          continue
        }
        if (byte === lineFeed) line++
        if (isSpace(byte)) continue
        if (place !== 'inside') {
          if (place === 'after') throw notAnArray(path, `line ${line} goes on after the closing ]`)
          if (byte === openBrace)
            throw notAnArray(path, 'it starts with {; name it .jsonl if each line is an object')
          if (byte !== openBracket) throw notAnArray(path, 'it does not start with [')
          place = 'inside'
          start = i + 1
        } else if (depth === 0 && (byte === comma || byte === closeBracket)) {
          if (begun) {
            sink.add(piece, start, i)
            sink.end(recordLine)
          } else if (byte === comma || afterComma) {
            sink.fault(line, { reason: 'malformed', detail: 'a comma stands where a row should be' })
          }
          if (byte === closeBracket) place = 'after'
          start = i + 1
          begun = false
          afterComma = byte === comma
        } else {
          if (!begun) {
            begun = true
            recordLine = line
            start = i
          }
          if (byte === quote) inString = true
          else if (byte === openBrace || byte === openBracket) depth++
          else if (byte === closeBrace || byte === closeBracket) depth--
        }
      }
      if (begun) sink.add(piece, start, piece.length)
    },
    finish(sink) {
      if (place === 'before') throw notAnArray(path, 'it holds only white space')
      if (place === 'after') return
      const detail = begun ? 'the file ends in the middle of this row' : 'the file ends before its closing ]'
      sink.fault(begun ? recordLine : line, { reason: 'malformed', detail })
    },
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === lineFeed
}

function notAnArray(path: string, why: string): YuksuError {
  return new YuksuError('not-an-array', `${path} is not a JSON array of rows: ${why}`)
}
