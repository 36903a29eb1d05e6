// Separated values as RFC 4180 has them: a field in quotes may hold delimiters, line ends and doubled quotes.
import { recordLimit, tooLong } from './record-splitter.ts'
import type { RecordSink, RecordSplitter, RowFault } from './record-splitter.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const quote = 0x22

/** How the fields of a file are told apart; `quotes: false` takes every quote as an ordinary character. */
export interface SeparatedFormat {
  readonly delimiter: ',' | '\t'
  readonly quotes: boolean
}

/** Where in a field a byte stands; `quoteSeen`: after a quote that closes the field or is doubled, and `return` a CR after it. */
type Place = 'start' | 'plain' | 'quoted' | 'quoteSeen' | 'return'

/**
 * Cuts at each LF that stands outside quotes. A quote opens a field only as its first character.
 *
 * A record whose quotes are wrong (text after a closing quote, a quote that nothing closes before the file or `limit` ends)
 * must not swallow what follows it. It is taken to have ended at the first line end after which a record stands that is
 * beyond doubt: as many fields as the first record of the file has, and quotes only where they belong. All before that is
 * one fault.
 */
export function separatedSplitter(format: SeparatedFormat, limit = recordLimit): RecordSplitter {
  return new SeparatedSplitter(format, limit)
}

class SeparatedSplitter implements RecordSplitter {
  readonly #separator: number
  readonly #quotes: boolean
  readonly #limit: number
  /** Bytes from the start of the current record on, and perhaps some before it. */
  #window: Buffer = Buffer.alloc(0)
  #start = 0
  #at = 0
  /** The first quote at or after the last place where one was looked for; the length of the window where there is none. */
  #nextQuote = -1
  #place: Place = 'start'
  #fields = 1
  #strayQuote = false
  #recordLine = 1
  #line = 1
  #quoteLine = 0
  /** Fields of the first record. */
  #columns: number | undefined
  /** A record with wrong quotes whose end is looked for: the current record is what may follow it. */
  #broken: { readonly line: number; readonly fault: RowFault } | undefined
  /** The rest of the line is no part of what may follow. */
  #skipping = false

  constructor({ delimiter, quotes }: SeparatedFormat, limit: number) {
    this.#separator = delimiter.charCodeAt(0)
    this.#quotes = quotes
    this.#limit = limit
  }

  push(piece: Uint8Array, sink: RecordSink): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    const rest = this.#window.length - this.#start
    this.#window = rest === 0 ? bytes : Buffer.concat([this.#window.subarray(this.#start), bytes])
    this.#at -= this.#start
    this.#start = 0
    this.#nextQuote = -1
    this.#scan(sink, false)
  }

  finish(sink: RecordSink): void {
    this.#scan(sink, true)
    // Where the file ends with a line end no further line has begun.
    if (this.#broken) this.#tellBroken(this.#skipping ? this.#line : this.#line - 1, sink)
  }

  #scan(sink: RecordSink, ended: boolean): void {
    for (;;) {
      if (this.#skipping && !this.#skipLine()) return
      const found = this.#scanRecord(ended)
      if (found === 'more' && this.#at - this.#start <= this.#limit) return
      if (found === 'end' && this.#at - this.#start <= this.#limit) this.#take(sink)
      else {
        // With its first fields in order it is one more that broke, and not what is left of the one before.
        if (this.#broken && !this.#strayQuote && (this.#fields > 1 || this.#columns === 1))
          this.#tellBroken(this.#recordLine - 1, sink)
        this.#breakOff()
      }
    }
  }

  /** The current record is whole. */
  #take(sink: RecordSink): void {
    const end = Math.min(this.#at, this.#window.length)
    if (this.#broken) {
      const fits = this.#columns === undefined || this.#columns === this.#fields
      if (this.#strayQuote || !fits) return this.#breakOff()
      this.#tellBroken(this.#recordLine - 1, sink)
    }
    if (this.#columns === undefined && !isBlank(this.#window, this.#start, end)) this.#columns = this.#fields
    sink.add(this.#window, this.#start, end)
    sink.end(this.#recordLine)
    this.#start = Math.min(this.#at + 1, this.#window.length)
    this.#begin(this.#line + 1)
  }

  /** The current record is none, and what follows begins after its first line. */
  #breakOff(): void {
    this.#broken ??= { line: this.#recordLine, fault: this.#whatBroke() }
    this.#skipping = true
    this.#at = this.#start
    this.#line = this.#recordLine
  }

  #whatBroke(): RowFault {
    if (this.#at - this.#start > this.#limit && this.#line === this.#recordLine) return tooLong(this.#limit)
    if (this.#place === 'quoted' || this.#quoteLine < this.#line) {
      return {
        reason: 'unclosed-quote',
        detail: `the quote opened on line ${this.#quoteLine} is never closed`,
      }
    }
    return { reason: 'malformed', detail: `text follows the closing quote of column ${this.#fields}` }
  }

  #tellBroken(lastLine: number, sink: RecordSink): void {
    const { line, fault } = this.#broken!
    const detail =
      lastLine > line ? `${fault.detail}, so lines ${line} to ${lastLine} are left out` : fault.detail
    sink.fault(line, { ...fault, detail })
    this.#broken = undefined
  }

  /** Whether the end of the line has come. */
  #skipLine(): boolean {
    const end = this.#window.indexOf(lineFeed, this.#start)
    this.#start = end < 0 ? this.#window.length : end + 1
    this.#at = this.#start
    if (end < 0) return false
    this.#skipping = false
    this.#begin(this.#line + 1)
    return true
  }

  #begin(line: number): void {
    this.#at = this.#start
    this.#place = 'start'
    this.#fields = 1
    this.#strayQuote = false
    this.#line = line
    this.#recordLine = line
  }

  /** Goes on to the end of the current record; `#at` is then its LF, or the end of the file, or where it is wrong. */
  #scanRecord(ended: boolean): 'end' | 'more' | 'wrong' {
    const window = this.#window
    if (this.#at === this.#start && this.#isPlainLine()) return 'end'
    for (; this.#at < window.length; this.#at++) {
      const byte = window[this.#at]!
      if (this.#place === 'quoted') {
        const close = window.indexOf(quote, this.#at)
        const end = close < 0 ? window.length : close
        this.#countLines(end)
        this.#at = end
        if (close >= 0) this.#place = 'quoteSeen'
        else break
      } else if (byte === lineFeed) return 'end'
      else if (byte === this.#separator && this.#place !== 'return') {
        this.#place = 'start'
        this.#fields++
      } else if (this.#place === 'quoteSeen' || this.#place === 'return') {
        if (byte === quote && this.#place === 'quoteSeen') this.#place = 'quoted'
        else if (byte === carriageReturn && this.#place === 'quoteSeen') this.#place = 'return'
        else return 'wrong'
      } else if (byte === quote && this.#place === 'start' && this.#quotes) {
        this.#place = 'quoted'
        this.#quoteLine = this.#line
      } else {
        if (byte === quote && this.#quotes) this.#strayQuote = true
        this.#place = 'plain'
      }
    }
    if (!ended) return 'more'
    if (this.#place === 'quoted') return 'wrong'
    return this.#at > this.#start ? 'end' : 'more'
  }

  /** A whole line without a quote needs no look at each byte, unless its fields are to be counted. */
  #isPlainLine(): boolean {
    if (this.#columns === undefined || this.#broken) return false
    const end = this.#window.indexOf(lineFeed, this.#start)
    if (end < 0) return false
    if (this.#quotes) {
      if (this.#nextQuote < this.#start) {
        const found = this.#window.indexOf(quote, this.#start)
        this.#nextQuote = found < 0 ? this.#window.length : found
      }
      if (this.#nextQuote < end) return false
    }
    this.#at = end
    return true
  }

  #countLines(end: number): void {
    let at = this.#window.indexOf(lineFeed, this.#at)
    for (; at >= 0 && at < end; at = this.#window.indexOf(lineFeed, at + 1)) this.#line++
  }
}

/** Whether a line is empty, or only spaces and carriage returns (a tab separates columns). */
export function isBlank(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0x20 && bytes[i] !== carriageReturn) return false
  return true
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
