import { isUtf8 } from 'node:buffer'
import { decodeText } from '../../formats/encoding.ts'
import type { DecodedText, TextEncoding } from '../../formats/encoding.ts'
import { withoutReturn } from '../../formats/lines.ts'
import { parseRow } from '../../formats/row-format.ts'
import type { ParsedRow, RowSettings } from '../../formats/row-format.ts'
import type { DataRow } from '../step.ts'
import type { RawBatch, ReadBatch, UnreadableRow } from './source.ts'

/** The values of a record out of its text; undefined for what is no row. */
type ReadText = (text: string, settings: Readonly<Record<string, unknown>>) => ParsedRow | undefined

const textReaders: Readonly<Record<string, ReadText>> = {
  rows: (text, settings) => parseRow(text, settings.row as RowSettings),
  lines: (text) => (text.trim() === '' ? undefined : { values: { text: withoutReturn(text) } }),
}

/** Reads the records of a batch, in whatever thread: each gives a row or says why not. */
export const readBatch: ReadBatch = (batch) => {
  const readText = textReaders[batch.format]
  if (readText === undefined) throw new Error(`no reader is named ${batch.format}`)
  const { file, settings, faults, places, bytes } = batch
  const textOf = textDecoder(batch)
  const hasZeros = bytes.includes(0)
  const rows: (DataRow | UnreadableRow)[] = []
  for (let i = 0; i < batch.count; i++) {
    const start = places[4 * i]!
    const end = places[4 * i + 1]!
    const place = { file, number: places[4 * i + 2]!, line: places[4 * i + 3]! }
    const fault = faults[i] ?? (hasZeros ? zeroFault(bytes, start, end) : undefined)
    if (fault) {
      rows.push({ place, ...fault })
      continue
    }
    const decoded = textOf(start, end)
    const row = 'reason' in decoded ? decoded : readText(decoded.text, settings)
    if (row === undefined) continue
    if ('reason' in row) rows.push({ place, reason: row.reason, detail: row.detail })
    else if ('other' in decoded) rows.push({ place, values: row.values, otherEncoding: decoded.other! })
    else rows.push({ place, values: row.values })
  }
  return rows
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
