// Rows of Parquet files, as JSON can hold them, some thousands at a time.
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { isUtf8 } from 'node:buffer'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type {
  AsyncBuffer,
  Compressors,
  FileMetaData,
  ParquetParsers,
  RowGroup,
  SchemaElement,
} from 'hyparquet'
import { YuksuError } from '../errors.ts'
import { checkIsFile } from './open-file.ts'
import { readError } from './read-error.ts'

/** Rows that are read at a time where no column is nested. */
const sliceRows = 8192
/** A page or a group of nested columns that unpacks to more is refused: it has to be held as a whole. */
const pageLimit = 2 ** 28
const groupLimit = 2 ** 31

export interface ReadParquetOptions {
  /** Told of the bytes that come from the disk. */
  readonly onRead?: ((bytes: number) => void) | undefined
}

/** A row, or the column whose text is not valid UTF-8. */
export type ParquetRow = { readonly values: Record<string, unknown> } | { readonly invalidColumn: string }

/** What a string that is not UTF-8 becomes. */
const invalidText = Symbol('invalid text')

/**
 * The rows of each row group in order, with nested columns as lists and objects. Dates and times are texts in ISO 8601 (a time
 * in UTC), whole numbers beyond 2⁵³ and decimals of more than 15 digits texts of their digits, numbers that are none null, and
 * bytes that are no text objects `{ base64 }`. Throws `not-parquet`, `corrupt-parquet`, `zip-bomb`, `row-group-too-large`, and
 * what the system refuses.
 */
export async function* readParquet(
  path: string,
  { onRead }: ReadParquetOptions = {},
): AsyncGenerator<ParquetRow[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
  await checkIsFile(path)
  const handle = await open(path).catch((error: unknown) => {
    throw readError(path, error)
  })
  try {
    const file = new CachedFile(handle, (await handle.stat()).size, onRead)
    await checkMark(path, handle, file.byteLength)
    const metadata = await parquetMetadataAsync(file)
    const decimals = takeDecimals(metadata)
    const compressors = await makeCompressors(path)
    let groupStart = 0
    for (const group of metadata.row_groups) {
      file.forget()
      const groupRows = Number(group.num_rows)
      const isNested = group.columns.some(({ meta_data: column }) => (column?.path_in_schema.length ?? 0) > 1)
      if (isNested) checkGroup(path, group)
      const step = isNested ? groupRows : sliceRows
      for (let start = 0; start < groupRows; start += step) {
        const rows = await parquetReadObjects({
          file,
          metadata,
          compressors,
          parsers,
          utf8: false,
          rowStart: groupStart + start,
          rowEnd: groupStart + Math.min(start + step, groupRows),
        })
        yield rows.map((row) => jsonRow(row, decimals))
      }
      groupStart += groupRows
    }
  } catch (error) {
    const known = readError(path, error)
    if (known instanceof YuksuError) throw known
    const why = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : String(error)
    throw new YuksuError('corrupt-parquet', `cannot read ${path} as Parquet: ${why}`, { cause: error })
  } finally {
    await handle.close()
  }
}

async function checkMark(path: string, handle: FileHandle, size: number): Promise<void> {
  const mark = async (at: number) => (await handle.read(Buffer.alloc(4), 0, 4, at)).buffer.toString('latin1')
  if (size === 0) throw new YuksuError('empty-file', `${path} is empty`)
  const first = size < 12 ? '' : await mark(0)
  if (first === 'PARE') throw new YuksuError('not-parquet', `${path} is encrypted, which is not supported`)
  if (first !== 'PAR1')
    throw new YuksuError('not-parquet', `${path} is not Parquet; give it the name of its format`)
  if ((await mark(size - 4)) !== 'PAR1')
    throw new YuksuError(
      'truncated-parquet',
      `${path} ends in the middle: a Parquet file says at its end what it holds; fetch it again`,
    )
}

function checkGroup(path: string, group: RowGroup): void {
  if (Number(group.total_byte_size) <= groupLimit) return
  throw new YuksuError(
    'row-group-too-large',
    `${path} has a row group of ${Number(group.total_byte_size) >> 20} MiB with nested columns; write it with smaller row groups`,
  )
}

/** A file whose pieces are kept, as one row group is read slice by slice. */
class CachedFile implements AsyncBuffer {
  readonly byteLength: number
  readonly #handle: FileHandle
  readonly #onRead: ((bytes: number) => void) | undefined
  #pieces = new Map<string, Promise<ArrayBuffer>>()

  constructor(handle: FileHandle, byteLength: number, onRead: ((bytes: number) => void) | undefined) {
    this.#handle = handle
    this.byteLength = byteLength
    this.#onRead = onRead
  }

  slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const from = start < 0 ? this.byteLength + start : start
    const key = `${from}-${end}`
    let piece = this.#pieces.get(key)
    if (piece === undefined) this.#pieces.set(key, (piece = this.#read(from, end)))
    return piece
  }

  forget(): void {
    this.#pieces.clear()
  }

  async #read(start: number, end: number): Promise<ArrayBuffer> {
    // A damaged file asks for places that it does not have.
    if (!(start >= 0 && start <= end && end <= this.byteLength)) throw new Error('it points beyond its end')
    const bytes = new Uint8Array(end - start)
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, start + done)
      if (bytesRead === 0) throw new Error('it became shorter while it was read')
      done += bytesRead
    }
    this.#onRead?.(bytes.length)
    return bytes.buffer
  }
}

async function makeCompressors(path: string): Promise<Compressors> {
  const [{ compressors }, { decompress }] = await Promise.all([
    import('hyparquet-compressors'),
    import('fzstd'),
  ])
  const all: Compressors = {
    ...compressors,
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
    // Into what the page says it needs, not what the frame asks for.
    ZSTD: (input, length) => decompress(input, new Uint8Array(length)),
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, unpack]) => [
      name,
      (input: Uint8Array, length: number) => {
        if (length > pageLimit)
          throw new YuksuError(
            'zip-bomb',
            `${path} has a page of ${length >> 20} MiB; write it with smaller pages`,
          )
        return unpack(input, length)
      },
    ]),
  )
}

const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => isoTime(value, 3),
  timestampFromMicroseconds: (value) => isoTime(value, 6),
  timestampFromNanoseconds: (value) => isoTime(value, 9),
  dateFromDays: (days) => (days == null ? days : isoTime(BigInt(days) * 86_400n, 0)?.slice(0, -10)),
  stringFromBytes: (bytes) => {
    if (!bytes) return bytes
    if (!isUtf8(bytes)) return invalidText
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  },
}

/** `2024-05-01T12:00:00.000001Z` out of a count of units of 10^-digits seconds since 1970. */
function isoTime(value: bigint | number | undefined | null, digits: number): string | undefined | null {
  if (value == null) return value
  const units = BigInt(value)
  const unit = 10n ** BigInt(digits)
  const rest = ((units % unit) + unit) % unit
  const seconds = (units - rest) / unit
  // Beyond what a date can be: what the column holds, as it stands.
  if (seconds > 8_640_000_000_000n || seconds < -8_640_000_000_000n) return String(value)
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5)
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(digits, '0').replace(/0+$/, '')}`
  return `${whole}${fraction}Z`
}

/** Scale by name of the columns that hold decimals, which are read as their digits from now on: the library would round them. */
function takeDecimals(metadata: FileMetaData): Map<string, SchemaElement> {
  const found = new Map<string, SchemaElement>()
  // Columns of the table stand directly under the root; those of nested ones are left to the library where they keep their digits.
  const depth = depths(metadata.schema)
  metadata.schema.forEach((element, i) => {
    if (element.converted_type !== 'DECIMAL' && element.logical_type?.type !== 'DECIMAL') return
    if (depth[i] === 1 && element.repetition_type !== 'REPEATED') {
      found.set(element.name, { ...element })
      delete element.converted_type
      delete element.logical_type
    } else if ((element.precision ?? 0) > 15) {
      throw new Error(
        `the nested column ${element.name} holds decimals of ${element.precision} digits, which is not supported`,
      )
    }
  })
  return found
}

/** How deep each element of the schema stands; the list has the children after their parent. */
function depths(schema: readonly SchemaElement[]): number[] {
  const open: number[] = []
  return schema.map(({ num_children: children = 0 }) => {
    while (open.at(-1) === 0) open.pop()
    const depth = open.length
    if (depth > 0) open[depth - 1]!--
    if (children > 0) open.push(children)
    return depth
  })
}

function jsonRow(row: Record<string, unknown>, decimals: ReadonlyMap<string, SchemaElement>): ParquetRow {
  const values: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(row)) {
    const decimal = decimals.get(name)
    const value = decimal && given != null ? decimalValue(given, decimal) : jsonValue(given)
    if (value === invalidText) return { invalidColumn: name }
    values[name] = value
  }
  return { values }
}

/** As JSON can hold it; `invalidText` where there is some of it in it. */
function jsonValue(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return jsonInteger(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object') return value
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
    // Old writers do not say of their texts that they are texts.
    return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : { base64: bytes.toString('base64') }
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value as ArrayLike<unknown>, jsonValue)
    return items.includes(invalidText) ? invalidText : items
  }
  const entries = Object.entries(value).map(([key, item]) => [key, jsonValue(item)] as const)
  return entries.some(([, item]) => item === invalidText) ? invalidText : Object.fromEntries(entries)
}

function jsonInteger(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** A number where every decimal of the column keeps its digits as one, else its digits. */
function decimalValue(value: unknown, { scale = 0, precision = 0 }: SchemaElement): number | string {
  let units: bigint
  if (value instanceof Uint8Array) {
    units = BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`))
  } else units = BigInt(value as number | bigint)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const point = digits.length - scale
  const text = `${units < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
  return precision <= 15 ? Number(text) : text
}
