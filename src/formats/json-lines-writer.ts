import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { YuksuError } from '../errors.ts'
import { writeError } from './write-error.ts'

export interface JsonLinesWriterOptions {
  /** Sync after every line, so that not even a power cut loses one. Slow; off unless asked for. */
  readonly sync?: boolean
}

const lineFeed = 0x0a

/**
 * Appends objects to a file, one JSON line each; a line is in the file (for the system to keep, and for
 * others to read) when `write` returns. What a kill left of a last line is cut away on opening, and what
 * a full disk left of one is cut away at once, so the file always holds whole lines.
 */
export class JsonLinesWriter {
  readonly path: string
  readonly #file: number
  readonly #sync: boolean
  #length: number
  #rows: number
  #closed = false

  private constructor(path: string, file: number, sync: boolean, length: number, rows: number) {
    this.path = path
    this.#file = file
    this.#sync = sync
    this.#length = length
    this.#rows = rows
  }

  /** Opens or creates `path`. Throws `YuksuError` `cannot-write` or `disk-full`. */
  static open(path: string, options: JsonLinesWriterOptions = {}): JsonLinesWriter {
    try {
      const file = openSync(path, 'a+')
      try {
        const { length, rows } = keepWholeLines(file)
        return new JsonLinesWriter(path, file, options.sync ?? false, length, rows)
      } catch (error) {
        closeSync(file)
        throw error
      }
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Lines in the file, those found on opening included: the place to resume from. */
  get rows(): number {
    return this.#rows
  }

  /**
   * Appends one line. Throws `disk-full` or `cannot-write`; the lines before stay whole. Throws
   * `not-json` for what JSON cannot hold (NaN and infinities, which it would turn into null, included).
   */
  write(value: Readonly<Record<string, unknown>>): void {
    if (this.#closed) throw new Error(`${this.path} is closed`)
    const line = Buffer.from(`${stringify(this.path, value)}\n`)
    let written = 0
    try {
      while (written < line.length) written += writeSync(this.#file, line, written)
      if (this.#sync) fsyncSync(this.#file)
    } catch (error) {
      if (written > 0) ftruncateSync(this.#file, this.#length)
      throw writeError(this.path, error)
    }
    this.#length += line.length
    this.#rows++
  }

  /** Syncs and closes; further calls do nothing. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      fsyncSync(this.#file)
    } catch (error) {
      throw writeError(this.path, error)
    } finally {
      closeSync(this.#file)
    }
  }
}

function stringify(path: string, value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (typeof item === 'bigint' || (typeof item === 'number' && !Number.isFinite(item))) {
      throw new YuksuError(
        'not-json',
        `cannot write ${key}: ${String(item)} to ${path}: JSON holds finite numbers only; give it as text`,
      )
    }
    return item
  })
}

/**
 * Cuts off a partial last line. One that is a whole object and lacks only its line end is completed: no
 * proper beginning of an object is valid JSON, so it cannot have been cut off elsewhere.
 */
function keepWholeLines(file: number): { length: number; rows: number } {
  const size = fstatSync(file).size
  const piece = Buffer.alloc(Math.min(Math.max(size, 1), 1 << 20))
  let rows = 0
  let length = 0
  for (let position = 0; position < size;) {
    const count = readSync(file, piece, 0, piece.length, position)
    if (count === 0) break
    const bytes = piece.subarray(0, count)
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, end + 1)) {
      rows++
      length = position + end + 1
    }
    position += count
  }
  if (length === size) return { length, rows }
  const rest = Buffer.alloc(size - length)
  readSync(file, rest, 0, rest.length, length)
  if (isObject(rest.toString())) {
    writeSync(file, '\n')
    return { length: size + 1, rows: rows + 1 }
  }
  ftruncateSync(file, length)
  return { length, rows }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
