import { isBlank } from '../../formats/csv.ts'
import { tooLong } from '../../formats/record-splitter.ts'
import type { RecordSink, RowFault } from '../../formats/record-splitter.ts'
import type { RawBatch } from './source.ts'

/** Bytes of a batch, unless a single record is longer. */
const batchBytes = 1 << 20
/** Records of a batch: many faults take no bytes. */
const batchRecords = 1 << 15

/** By what name its reader knows the records of a file, and what that needs; it may become known only with the first of them. */
export interface BatchKind {
  readonly format: string
  readonly settings: Readonly<Record<string, unknown>>
}

/**
 * Puts records into batches. A batch ends before the record that would make it longer than a megabyte, so the batches depend
 * on the records and not on how they came. A record longer than `limit` bytes becomes a fault and is not held.
 */
export class BatchBuilder implements RecordSink {
  readonly #file: string
  readonly #limit: number
  readonly #kind: () => BatchKind
  #ready: RawBatch[] = []
  #bytes: Buffer = Buffer.allocUnsafeSlow(batchBytes)
  /** Where the current record starts and so far ends. */
  #start = 0
  #end = 0
  #isTooLong = false
  #places: number[] = []
  #faults: Record<number, RowFault> = {}
  #number = 0

  constructor(file: string, limit: number, kind: () => BatchKind) {
    this.#file = file
    this.#limit = limit
    this.#kind = kind
  }

  /** Records so far. */
  get count(): number {
    return this.#number
  }

  /** The batches that are full. */
  take(): RawBatch[] {
    if (this.#ready.length === 0) return this.#ready
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  /** The last batch as well; a record that has begun is not in it. */
  finish(): RawBatch[] {
    this.#close()
    return this.take()
  }

  add(piece: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.#isTooLong) return
    if (this.#end + length > this.#bytes.length) {
      if (this.#end - this.#start + length > this.#limit) {
        this.#isTooLong = true
        this.#end = this.#start
        return
      }
      this.#makeRoom(length)
    }
    if (Buffer.isBuffer(piece)) piece.copy(this.#bytes, this.#end, start, end)
    else this.#bytes.set(piece.subarray(start, end), this.#end)
    this.#end += length
  }

  end(line: number): void {
    if (this.#isTooLong || this.#end - this.#start > this.#limit) {
      this.#isTooLong = true
      return this.fault(line, tooLong(this.#limit))
    }
    if (isBlank(this.#bytes, this.#start, this.#end)) {
      this.#end = this.#start
      return
    }
    this.#places.push(this.#start, this.#end, ++this.#number, line)
    this.#start = this.#end
    if (this.#end >= batchBytes || this.#places.length >= batchRecords * 4) this.#close()
  }

  fault(line: number, fault: RowFault): void {
    // Its first parts may have closed the batch before it, or not, as they came: now it is closed either way.
    if (this.#isTooLong) this.#close()
    this.#isTooLong = false
    this.#end = this.#start
    this.#faults[this.#places.length / 4] = fault
    this.#places.push(this.#start, this.#start, ++this.#number, line)
    if (this.#places.length >= batchRecords * 4) this.#close()
  }

  #makeRoom(length: number): void {
    const begun = Buffer.from(this.#bytes.subarray(this.#start, this.#end))
    this.#close()
    const needed = begun.length + length
    // Twice as much each time, so that the parts of a long record are not copied over and over.
    if (needed > this.#bytes.length)
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * this.#bytes.length, this.#limit)))
    begun.copy(this.#bytes)
    this.#start = 0
    this.#end = begun.length
  }

  #close(): void {
    const count = this.#places.length / 4
    if (count === 0) return
    // What is handed over must not be much larger than what it holds.
    const bytes =
      this.#start * 2 < this.#bytes.length
        ? Uint8Array.prototype.slice.call(this.#bytes, 0, this.#start)
        : new Uint8Array(this.#bytes.buffer, 0, this.#start)
    this.#ready.push({
      file: this.#file,
      ...this.#kind(),
      count,
      bytes,
      places: Float64Array.from(this.#places),
      faults: this.#faults,
    })
    this.#bytes = Buffer.allocUnsafeSlow(batchBytes)
    this.#start = 0
    this.#end = 0
    this.#places = []
    this.#faults = {}
  }
}
