// Which encoding the bytes of a text are in, and their text. The decision about a file rests on its first bytes, always the
// same number of them, and that about a row on the row alone: how a file falls into pieces or batches changes nothing.
import { isAscii, isUtf8 } from 'node:buffer'
import { firstInvalidByte, invalidByteMessage } from './decode-utf8.ts'
import { decodeKorean } from './korean-encoding.ts'

/** `ascii`: the start of the file does not show which of UTF-8 and EUC-KR it is; each row shows it by itself. */
export type TextEncoding = 'ascii' | 'utf-8' | 'euc-kr' | 'utf-16le' | 'utf-16be'

/** So many bytes are looked at. */
export const headLength = 1 << 16

const lineFeed = 0x0a
/** The byte order mark that `bytes` begin with. */
export function markOf(
  bytes: Uint8Array,
): { readonly encoding: TextEncoding; readonly length: number } | undefined {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return { encoding: 'utf-8', length: 3 }
  if (first === 0xff && second === 0xfe) return { encoding: 'utf-16le', length: 2 }
  if (first === 0xfe && second === 0xff) return { encoding: 'utf-16be', length: 2 }
  return undefined
}

/**
 * The encoding of a file without a mark by its first bytes, `whole` if there are no more: UTF-16 where zeros stand beside
 * spaces and line ends as it has them, otherwise that of UTF-8 and EUC-KR in which more lines are valid.
 */
export function detectEncoding(head: Uint8Array, whole: boolean): TextEncoding {
  const wide = wideEncoding(head)
  if (wide !== undefined) return wide
  if (isAscii(head)) return 'ascii'
  let valid = 0
  let korean = 0
  for (let start = 0; start < head.length;) {
    const found = head.indexOf(lineFeed, start)
    const end = found < 0 ? head.length : found
    const line = head.subarray(start, end)
    // The last character may be cut off.
    const cut = found < 0 && !whole
    if (!isAscii(line)) {
      if (isUtf8(line) || (cut && isUtf8(withoutLastUtf8(line)))) valid++
      else if (isKorean(line) || (cut && isKorean(line.subarray(0, -1)))) korean++
    }
    start = end + 1
  }
  return korean > valid ? 'euc-kr' : 'utf-8'
}

function isKorean(bytes: Uint8Array): boolean {
  const text = decodeKorean(bytes)
  return text !== undefined && isMostlyHangul(text)
}

/** Without the bytes of the last character, which may be a part of one. */
function withoutLastUtf8(bytes: Uint8Array): Uint8Array {
  let end = bytes.length - 1
  while (end > 0 && bytes.length - end < 4 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

/** One character in twenty-five of running text is at least a space, a line end or another of ASCII, in Korean one in four. */
function wideEncoding(head: Uint8Array): TextEncoding | undefined {
  const ascii = [0, 0]
  for (let at = head.indexOf(0); at >= 0; at = head.indexOf(0, at + 1)) {
    const other = head[at ^ 1]!
    if (other === 0x0a || other === 0x0d || other === 0x09 || (other >= 0x20 && other < 0x7f))
      ascii[at & 1]!++
  }
  const [big, little] = ascii as [number, number]
  const least = Math.max(head.length / 50, 2)
  if (little >= least && big * 4 <= little) return 'utf-16le'
  if (big >= least && little * 4 <= big) return 'utf-16be'
  return undefined
}

export type DecodedText =
  | {
      readonly text: string
      /** The encoding, where it is another than that of the file. */
      readonly other?: TextEncoding
    }
  | { readonly reason: string; readonly detail: string }

/**
 * The text of one row of a file in `encoding` (of UTF-16 after `toUtf8`). A row that is not valid in it and is valid in the
 * other of UTF-8 and EUC-KR is read in that, and says so: files of two encodings are what joining files makes.
 */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): DecodedText {
  if (encoding === 'euc-kr') {
    const text = decodeKorean(bytes)
    if (text !== undefined) return { text }
    if (isUtf8(bytes)) return { text: utf8Text(bytes), other: 'utf-8' }
    return { reason: 'invalid-euc-kr', detail: 'the row is not valid EUC-KR (CP949), nor UTF-8' }
  }
  if (isUtf8(bytes)) return { text: utf8Text(bytes) }
  const text = encoding.startsWith('utf-16') ? undefined : decodeKorean(bytes)
  // Bytes that are nothing in particular are now and then valid; a Korean text is mostly Hangul where it is not ASCII.
  if (text !== undefined && isMostlyHangul(text)) return { text, other: 'euc-kr' }
  if (encoding.startsWith('utf-16'))
    return { reason: 'invalid-utf-16', detail: 'the row holds half a character (a lone surrogate)' }
  return { reason: 'invalid-utf-8', detail: invalidByteMessage(firstInvalidByte(bytes)) }
}

export function utf8Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

function isMostlyHangul(text: string): boolean {
  const foreign = text.match(/[^\0-\x7f]/g)?.length ?? 0
  const hangul = text.match(/[가-힣ㄱ-ㆎ]/g)?.length ?? 0
  return hangul * 2 >= foreign
}

/** UTF-16 as UTF-8. Half a character becomes a byte that no UTF-8 has, so that its row is refused and no other. */
export async function* toUtf8(
  pieces: AsyncIterable<Uint8Array>,
  encoding: 'utf-16le' | 'utf-16be',
): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece])
    const whole = wholeLength(bytes, encoding)
    rest = bytes.subarray(whole)
    if (whole > 0) yield wideToUtf8(bytes.subarray(0, whole), encoding)
  }
  if (rest.length > 0) yield wideToUtf8(rest, encoding)
}

/** Without half a unit or half a pair at the end. */
function wholeLength(bytes: Buffer, encoding: string): number {
  const whole = bytes.length & ~1
  if (whole === 0) return 0
  const last = bytes[whole - (encoding === 'utf-16le' ? 1 : 2)]!
  return last >= 0xd8 && last <= 0xdb ? whole - 2 : whole
}

function wideToUtf8(bytes: Buffer, encoding: string): Uint8Array {
  const whole = bytes.subarray(0, bytes.length & ~1)
  const text = (encoding === 'utf-16le' ? whole : Buffer.from(whole).swap16()).toString('utf16le')
  const half = whole.length < bytes.length ? [Buffer.of(0xff)] : []
  if (!/\p{Surrogate}/u.test(text)) return Buffer.concat([Buffer.from(text), ...half])
  const parts = text
    .split(/(\p{Surrogate})/u)
    .map((part, i) => (i % 2 === 1 ? Buffer.of(0xff) : Buffer.from(part)))
  return Buffer.concat([...parts, ...half])
}
