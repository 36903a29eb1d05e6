// Separated values as RFC 4180 has them: a field in quotes may hold delimiters, line ends and doubled quotes.
import { RecordBuffer, faultyRecord } from './record-splitter.ts'
import type { RawRecord, RecordSplitter } from './record-splitter.ts'

const lineFeed = 0x0a
const quote = 0x22

/** How the fields of a file are told apart; `quotes: false` takes every quote as an ordinary character. */
export interface SeparatedFormat {
  readonly delimiter: ',' | '\t'
  readonly quotes: boolean
}

/** Where in a field a byte stands; `quoteSeen`: after a quote that closes the field or is doubled. */
type Place = 'start' | 'plain' | 'quoted' | 'quoteSeen'

/** Cuts at each LF that stands outside quotes. A quote opens a field only as its first character. */
export function separatedSplitter({ delimiter, quotes }: SeparatedFormat): RecordSplitter {
  const separator = delimiter.charCodeAt(0)
  const buffer = new RecordBuffer()
  let line = 1
  let recordLine = 1
  let quoteLine = 0
  let place: Place = 'start'
  return {
    push(piece) {
      const records: RawRecord[] = []
      let start = 0
      for (let i = 0; i < piece.length; i++) {
        const byte = piece[i]!
        if (place === 'quoted') {
          if (byte === quote) place = 'quoteSeen'
          else if (byte === lineFeed) line++
        } else if (byte === lineFeed) {
          records.push(buffer.take(recordLine, piece.subarray(start, i)))
          start = i + 1
          recordLine = ++line
          place = 'start'
        } else if (byte === separator) place = 'start'
        else if (byte !== quote) place = 'plain'
        else if (place === 'quoteSeen') place = 'quoted'
        else if (place === 'start' && quotes) {
          place = 'quoted'
          quoteLine = line
        }
      }
      buffer.add(piece.subarray(start))
      return records
    },
    finish() {
      if (place === 'quoted') {
        const why = `the quote opened on line ${quoteLine} is never closed, so nothing from line ${recordLine} to the end of the file could be read`
        return [faultyRecord(recordLine, why)]
      }
      return buffer.isEmpty ? [] : [buffer.take(recordLine, new Uint8Array(0))]
    },
  }
}

/** The fields of one record, or why it is not one. */
export function parseFields(text: string, format: SeparatedFormat): string[] | { error: string } {
  const record = text.endsWith('\r') ? text.slice(0, -1) : text
  if (!format.quotes || !record.includes('"')) return record.split(format.delimiter)
  const fields: string[] = []
  for (let start = 0; ; start++) {
    if (record[start] === '"') {
      const end = closingQuote(record, start + 1)
      if (end < 0) return { error: `the quote of column ${fields.length + 1} is never closed` }
      fields.push(record.slice(start + 1, end).replaceAll('""', '"'))
      start = end + 1
      if (start < record.length && record[start] !== format.delimiter) {
        return { error: `text follows the closing quote of column ${fields.length}` }
      }
    } else {
      const found = record.indexOf(format.delimiter, start)
      const end = found < 0 ? record.length : found
      fields.push(record.slice(start, end))
      start = end
    }
    if (start >= record.length) return fields
  }
}

/** Where the field that begins at `start` closes; -1 where it never does. */
function closingQuote(text: string, start: number): number {
  let i = text.indexOf('"', start)
  while (i >= 0 && text[i + 1] === '"') i = text.indexOf('"', i + 2)
  return i
}
