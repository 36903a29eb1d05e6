// A source is cut into batches in the main thread, cheaply, and read out of them in any thread. So decoding, parsing and
// cleaning share the threads, and the order of rows does not depend on their number.
import type { DataRow, RowPlace } from '../step.ts'

/**
 * Some consecutive records of a source before they are read: plain data that can be sent to a thread. About a megabyte. The
 * records stand one after another in one block rather than as an object each: making and sending those would cost the main
 * thread ten times what cutting costs.
 */
export interface RawBatch {
  readonly file: string
  /** Which reader reads it. */
  readonly format: string
  /** What that reader needs besides the bytes: encoding, columns, delimiter. Plain data. */
  readonly settings: Readonly<Record<string, unknown>>
  /** How many records. */
  readonly count: number
  /** The bytes of the records; the buffer is the batch's own and may be transferred (`transferablesOf`). */
  readonly bytes: Uint8Array
  /** Four numbers for each record: its start and end in `bytes`, its 1-based row, its physical line (0 where there are none). */
  readonly places: Float64Array
  /** By the position of a record, from 0, why there is no row, where that is known before reading. */
  readonly faults: Readonly<Record<number, { readonly reason: string; readonly detail: string }>>
}

/** The buffers of a batch that can change hands instead of being copied. */
export function transferablesOf({ bytes, places }: RawBatch): ArrayBuffer[] {
  return [bytes.buffer as ArrayBuffer, places.buffer as ArrayBuffer]
}

/** A row that could not be read, in its place. */
export interface UnreadableRow {
  readonly place: RowPlace
  /** Kind for the counts, such as `invalid-utf8`, `malformed`, `row-too-long`. */
  readonly reason: string
  readonly detail: string
}

/** What is wrong with a file as a whole, from some place on: the rows before it stand, other files go on. */
export interface SourceFault {
  readonly file: string
  /** Such as `truncated-gzip`, `unreadable`, `zip-bomb`, `unknown-format`, `empty-file`. */
  readonly reason: string
  readonly detail: string
}

export interface Source {
  /** As it was named, or the path that a pattern found. */
  readonly file: string
  /** Its size on disk, for progress; undefined where it is not known. */
  readonly bytes: number | undefined
  /** Bytes of `bytes` that the batches given so far took. */
  readonly bytesRead: number
  /** The encoding of its text; undefined before the first batch, and where the format itself says it. */
  readonly encoding: string | undefined
  /** Its records in order; ends early with `onFault` told. Cutting depends on the content alone, so batch n is the same each time. */
  batches(onFault: (fault: SourceFault) => void): AsyncGenerator<RawBatch>
}

/** Reads a batch: every record gives a row or says why not, in order; a blank line gives nothing. */
export type ReadBatch = (batch: RawBatch) => (DataRow | UnreadableRow)[]
