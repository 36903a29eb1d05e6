// A file of what was trained: a line of JSON that says what it is, then bytes, then the SHA-256 of all of it.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { YuksuError } from '../errors.ts'
import { readError } from './read-error.ts'

const hashLength = 32

/** The bytes of such a file; the same header and parts give the same bytes. */
export function headedBytes(header: object, parts: readonly Uint8Array[]): Uint8Array {
  const all = [new TextEncoder().encode(`${JSON.stringify(header)}\n`), ...parts]
  const hash = createHash('sha256')
  for (const part of all) hash.update(part)
  return Buffer.concat([...all, hash.digest()])
}

export interface HeadedFileKind<Header> {
  /** What the header's `format` is. */
  readonly format: string
  /** What it is called, such as `language model`, and the code of the error where a file is none. */
  readonly name: string
  readonly code: string
  /** Whether a header of this format is one that can be read. */
  isKnown(header: Header): boolean
}

/** Reads one. Throws YuksuError of the kind's code where it is none or damaged, and what reading a file throws. */
export async function readHeadedFile<Header>(
  path: string,
  kind: HeadedFileKind<Header>,
): Promise<{ readonly header: Header; readonly body: Buffer }> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw readError(path, error)
  }
  const refuse = (why: string) => new YuksuError(kind.code, `${path} ${why}; train the ${kind.name} anew`)
  const header = readHeader(bytes, kind)
  if (header === undefined) throw refuse(`is no ${kind.name} of this program`)
  const whole = bytes.subarray(0, bytes.length - hashLength)
  if (!createHash('sha256').update(whole).digest().equals(bytes.subarray(whole.length)))
    throw refuse('is damaged or cut off')
  return { header, body: whole.subarray(whole.indexOf(0x0a) + 1) }
}

function readHeader<Header>(bytes: Buffer, { format, isKnown }: HeadedFileKind<Header>): Header | undefined {
  const end = bytes.indexOf(0x0a)
  if (end < 0 || !bytes.subarray(0, 40).includes(format)) return undefined
  try {
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as Header & { readonly format?: unknown }
    return header.format === format && isKnown(header) ? header : undefined
  } catch {
    return undefined
  }
}
