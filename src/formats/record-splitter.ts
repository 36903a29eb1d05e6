/** One row as it stands in the file, before it is decoded. */
export interface RawRecord {
  /** 1-based physical line where it starts. */
  readonly line: number
  readonly bytes: Uint8Array
  /** Why these bytes are no row, where the splitter can tell. */
  readonly error?: string
}

/** Cuts the pieces of a file into records. */
export interface RecordSplitter {
  /** The records that `piece` completes. */
  push(piece: Uint8Array): RawRecord[]
  /** What is left when the file ends. */
  finish(): RawRecord[]
}

/** A longer row is refused: the text of a row must fit one JavaScript string. */
export const recordLimit = 1 << 28

const nothing = new Uint8Array(0)

/** Collects the bytes of one record over any number of pieces, and no more than `recordLimit` of them. */
export class RecordBuffer {
  #parts: Uint8Array[] = []
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (this.#length > recordLimit) this.#parts = []
    else if (bytes.length > 0) this.#parts.push(bytes)
  }

  /** The record that ends with `bytes`; the buffer is empty afterwards. */
  take(line: number, bytes: Uint8Array): RawRecord {
    if (this.isEmpty && bytes.length <= recordLimit) return { line, bytes }
    this.add(bytes)
    const tooLong = this.#length > recordLimit
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    if (!tooLong) return { line, bytes: whole }
    return { line, bytes: nothing, error: `the row is longer than ${recordLimit >> 20} MiB` }
  }
}

/** A record that only tells what is wrong at `line`. */
export function faultyRecord(line: number, error: string): RawRecord {
  return { line, bytes: nothing, error }
}
