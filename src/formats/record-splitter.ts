/** Why there is no row: a kind for counting, and a line for a person. */
export interface RowFault {
  readonly reason: string
  readonly detail: string
}

/** Takes what a splitter cuts: the bytes of a record in any number of parts, and then its end. */
export interface RecordSink {
  /** More bytes of the current record; they are valid only during the call. */
  add(piece: Uint8Array, start: number, end: number): void
  /** The current record is whole; it began on the 1-based physical `line`. */
  end(line: number): void
  /** There is no record here; what was added of the current one is thrown away. */
  fault(line: number, fault: RowFault): void
}

/** Cuts the pieces of a file into records; where the pieces begin and end changes nothing. */
export interface RecordSplitter {
  push(piece: Uint8Array, sink: RecordSink): void
  /** What is left when the file ends. */
  finish(sink: RecordSink): void
}

/** One row as it stands in the file, before it is decoded. */
export interface RawRecord {
  /** 1-based physical line where it starts. */
  readonly line: number
  readonly bytes: Uint8Array
  /** Why these bytes are no row, where the splitter can tell. */
  readonly fault?: RowFault
}

/** A longer row is refused: the text of a row must fit one JavaScript string. */
export const recordLimit = 1 << 28

const nothing = new Uint8Array(0)

export function tooLong(limit: number): RowFault {
  const size = limit >= 1 << 20 ? `${limit >> 20} MiB` : `${limit} bytes`
  return { reason: 'row-too-long', detail: `the row is longer than ${size}` }
}

/** Keeps records as they come, and of one that is too long no more than `limit` bytes. */
export class RecordCollector implements RecordSink {
  readonly #limit: number
  #records: RawRecord[] = []
  #parts: Uint8Array[] = []
  #length = 0

  constructor(limit = recordLimit) {
    this.#limit = limit
  }

  /** The records since the last call. */
  take(): RawRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  add(piece: Uint8Array, start: number, end: number): void {
    this.#length += end - start
    if (this.#length > this.#limit) this.#parts = []
    else if (end > start) this.#parts.push(piece.subarray(start, end))
  }

  end(line: number): void {
    if (this.#length > this.#limit) return this.fault(line, tooLong(this.#limit))
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#records.push({ line, bytes })
    this.#clear()
  }

  fault(line: number, fault: RowFault): void {
    this.#records.push({ line, bytes: nothing, fault })
    this.#clear()
  }

  #clear(): void {
    this.#parts = []
    this.#length = 0
  }
}
