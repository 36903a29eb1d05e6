// A source is cut into batches in the main thread, cheaply, and read out of them in any thread. So decoding, parsing and
// cleaning share the threads, and the order of rows does not depend on their number.
import type { DataRow, RowPlace } from '../step.ts'

/** One record before it is read: bytes of a line, of a page, or values where the format gives them at once. */
export interface RawRow {
  /** 1-based row and physical line (0 where there are no lines). */
  readonly number: number
  readonly line: number
  readonly bytes?: Uint8Array
  readonly values?: Readonly<Record<string, unknown>>
  /** Why there is no row here, where that is known before reading: `reason` for the counts, `detail` for a person. */
  readonly error?: { readonly reason: string; readonly detail: string }
}

/** Some consecutive records of a source: plain data that can be sent to a thread. About a megabyte. */
export interface RawBatch {
  readonly file: string
  /** Which reader reads it. */
  readonly format: string
  /** What that reader needs besides the bytes: encoding, header, delimiter. Plain data. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly rows: readonly RawRow[]
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
  /** Its records in order; ends early with `onFault` told. Cutting depends on the content alone, so batch n is the same each time. */
  batches(onFault: (fault: SourceFault) => void): AsyncGenerator<RawBatch>
}

/** Reads a batch: every record gives a row or says why not, in order; a header or blank line gives nothing. */
export type ReadBatch = (batch: RawBatch) => (DataRow | UnreadableRow)[]
