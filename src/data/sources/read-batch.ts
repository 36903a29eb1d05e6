import { isUtf8 } from 'node:buffer'
import { decodeText } from '../../formats/encoding.ts'
import type { DecodedText, TextEncoding } from '../../formats/encoding.ts'
import { withoutReturn } from '../../formats/lines.ts'
import { parseRow } from '../../formats/row-format.ts'
import type { ParsedRow, RowSettings } from '../../formats/row-format.ts'
import type { RowFault } from '../../formats/record-splitter.ts'
import { readHtml, readWarcRecord } from '../../formats/warc.ts'
import { type WikiSite, readWikiPage } from '../../formats/wikipedia/dump.ts'
import { decodePage } from '../../formats/html/page-encoding.ts'
import { readMarkdown } from '../../formats/markdown.ts'
import type { DataRow } from '../step.ts'
import type { RawBatch, ReadBatch, UnreadableRow } from './source.ts'

type Settings = Readonly<Record<string, unknown>>
/** The values of a record; undefined for what is no row. */
type Outcome = ParsedRow | undefined

/** Records that are texts in the encoding of their file. */
const textReaders: Readonly<Record<string, (text: string, settings: Settings) => Outcome>> = {
  rows: (text, settings) => parseRow(text, settings.row as RowSettings),
  lines: (text) => (text.trim() === '' ? undefined : { values: { text: withoutReturn(text) } }),
  markdown: markdownRow,
  wikipedia: (text, settings) => {
    const values = readWikiPage(text, settings.site as WikiSite)
    return values && { values }
  },
}

/** Records that say themselves what they are. */
const bytesReaders: Readonly<Record<string, (bytes: Uint8Array) => Outcome>> = {
  html: (bytes) => {
    const source = decodePage(bytes)
    if (source === undefined)
      return { reason: 'unknown-encoding', detail: 'the page is in no encoding that is known' }
    return readHtml(source)
  },
  warc: readWarcRecord,
}

function markdownRow(source: string): Outcome {
  const { values, title, text } = readMarkdown(source)
  if (text === '') return { reason: 'no-text', detail: 'there is no text below the front matter' }
  const named = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.normalize('NFC'), value]),
  )
  return { values: { text, ...(title !== '' && { title }), ...named, ...('text' in named && { text }) } }
}

/** Reads the records of a batch, in whatever thread: each gives a row or says why not. */
export const readBatch: ReadBatch = (batch) => {
  const { file, faults, places, count } = batch
  const readRecord = recordReader(batch)
  const rows: (DataRow | UnreadableRow)[] = []
  for (let i = 0; i < count; i++) {
    const place = { file, number: places[4 * i + 2]!, line: places[4 * i + 3]! }
    const known = faults[i] as RowFault | undefined
    const row = known ?? readRecord(places[4 * i]!, places[4 * i + 1]!)
    if (row === undefined) continue
    if ('reason' in row) rows.push({ place, reason: row.reason, detail: row.detail })
    else if (row.other !== undefined) rows.push({ place, values: row.values, otherEncoding: row.other })
    else rows.push({ place, values: row.values })
  }
  return rows
}

interface ReadValues {
  readonly values: Record<string, unknown>
  /** The encoding, where it is not that of the file. */
  readonly other?: TextEncoding
}
type ReadRecord = (start: number, end: number) => RowFault | ReadValues | undefined

function recordReader(batch: RawBatch): ReadRecord {
  const { format, settings, bytes } = batch
  const readBytes = bytesReaders[format]
  if (readBytes !== undefined) return (start, end) => readBytes(bytes.subarray(start, end))
  const readText = textReaders[format]
  if (readText === undefined) throw new Error(`no reader is named ${format}`)
  const textOf = textDecoder(batch)
  const hasZeros = bytes.includes(0)
  return (start, end) => {
    const fault = hasZeros ? zeroFault(bytes, start, end) : undefined
    if (fault) return fault
    const decoded = textOf(start, end)
    if ('reason' in decoded) return decoded
    const row = readText(decoded.text, settings)
    return row === undefined || 'reason' in row || decoded.other === undefined
      ? row
      : { values: row.values, other: decoded.other }
  }
}

/** Zeros are what a disk leaves that lost power, and what other files than text are full of. */
function zeroFault(bytes: Uint8Array, start: number, end: number) {
  const at = bytes.indexOf(0, start)
  if (at < 0 || at >= end) return undefined
  return { reason: 'nul-bytes', detail: `byte ${at - start + 1} of the row is zero, as no text has it` }
}

/** The text of a part of the batch. Most batches are valid as a whole, which is quicker to see than of each record. */
function textDecoder({ bytes, settings }: RawBatch): (start: number, end: number) => DecodedText {
  const encoding = settings.encoding as TextEncoding
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const isValid = encoding !== 'euc-kr' && isUtf8(bytes)
  return (start, end) => {
    // A record must not begin within a character.
    if (
      isValid &&
      ((view[start] ?? 0) & 0xc0) !== 0x80 &&
      (end === view.length || (view[end]! & 0xc0) !== 0x80)
    )
      return { text: view.toString('utf8', start, end) }
    return decodeText(view.subarray(start, end), encoding)
  }
}
