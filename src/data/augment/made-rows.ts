import { closeSync, createReadStream, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeError } from '../../formats/write-error.ts'
import type { RowOutcome } from '../step.ts'

type MadeOutcome = Extract<RowOutcome, { made: unknown }>

/** Outcomes of rows, kept in a file until they are asked for, so that memory stays flat however many rows were made. */
export class MadeRows {
  readonly #path: string
  readonly #failuresPath: string
  #file: number | undefined
  #failures: number | undefined
  /** Where the outcome of a row begins in the file, and its bytes; by index. */
  readonly #places = new Map<number, readonly [start: number, length: number]>()
  #size = 0

  /** Opens two files in `folder`. Throws `cannot-write` or `disk-full`. */
  constructor(folder: string) {
    this.#path = join(folder, 'made.jsonl')
    this.#failuresPath = join(folder, 'failures.jsonl')
    this.#file = this.#open(this.#path)
    this.#failures = this.#open(this.#failuresPath)
  }

  #open(path: string): number {
    try {
      return openSync(path, 'w+')
    } catch (error) {
      throw writeError(path, error)
    }
  }

  add(index: number, outcome: MadeOutcome): void {
    const bytes = this.#write(this.#file!, this.#path, outcome)
    this.#places.set(index, [this.#size, bytes])
    this.#size += bytes
  }

  addFailure(failure: object): void {
    this.#write(this.#failures!, this.#failuresPath, failure)
  }

  #write(file: number, path: string, value: object): number {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`)
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    } catch (error) {
      throw writeError(path, error)
    }
    return bytes.length
  }

  /** Nothing more is added; outcomes can still be read. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    if (this.#failures !== undefined) closeSync(this.#failures)
    this.#file = this.#failures = undefined
  }

  outcome(index: number): RowOutcome {
    const place = this.#places.get(index)
    if (place === undefined) return undefined
    const [start, length] = place
    const bytes = Buffer.alloc(length)
    const file = openSync(this.#path, 'r')
    try {
      for (let read = 0; read < length;) read += readSync(file, bytes, read, length - read, start + read)
    } finally {
      closeSync(file)
    }
    return JSON.parse(bytes.toString()) as MadeOutcome
  }

  /** A line for each failure. */
  async *failures(): AsyncGenerator<Uint8Array> {
    for await (const piece of createReadStream(this.#failuresPath)) yield piece as Uint8Array
  }
}
