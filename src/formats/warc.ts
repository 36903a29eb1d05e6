// Web archives (ISO 28500): WARC as crawlers write it, and WET, its extracted texts, as Common Crawl has them.
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { utf8Text } from './encoding.ts'
import { decodePage } from './html/page-encoding.ts'
import { mainText } from './html/main-text.ts'
import type { RecordSink, RecordSplitter, RowFault } from './record-splitter.ts'

const headEnd = Buffer.from('\r\n\r\n')
const mark = Buffer.from('WARC/')
const longestHead = 1 << 16
/** A page that unpacks to more is refused. */
const pageLimit = 2 ** 26

/** Cuts an archive into its records of pages and texts, each with its head; of all others the length is all that is read. */
export function warcSplitter(): RecordSplitter {
  let window: Buffer = Buffer.alloc(0)
  let left = 0
  let isWanted = false
  let isLost = false
  let inBody = false

  function body(sink: RecordSink): boolean {
    const length = Math.min(left, window.length)
    if (isWanted) sink.add(window, 0, length)
    window = window.subarray(length)
    left -= length
    if (left > 0) return false
    if (isWanted) sink.end(0)
    inBody = false
    return true
  }

  function head(sink: RecordSink): boolean {
    let start = 0
    while (window[start] === 0x0d || window[start] === 0x0a) start++
    window = window.subarray(start)
    if (isLost) {
      const found = window.indexOf('\nWARC/')
      window = window.subarray(found >= 0 ? found + 1 : Math.max(window.length - 5, 0))
      if (found < 0) return false
      isLost = false
    }
    const end = window.indexOf(headEnd)
    const begins = window.subarray(0, mark.length).equals(mark.subarray(0, window.length))
    if (end < 0 && begins && window.length < longestHead) return false
    const fields = begins && end >= 0 ? readHead(window.toString('utf8', 0, end)) : undefined
    const length = fields === undefined ? Number.NaN : Number(fields.get('content-length') ?? 'none')
    if (!Number.isSafeInteger(length) || length < 0) {
      sink.fault(0, {
        reason: 'malformed',
        detail: 'here begins no record of a web archive; it is left out up to the next',
      })
      isLost = true
      // The mark that begins this one must not be found again.
      window = window.subarray(1)
      return true
    }
    isWanted = ['response', 'conversion', 'resource'].includes(fields!.get('warc-type') ?? '')
    if (isWanted) sink.add(window, 0, end + headEnd.length)
    window = window.subarray(end + headEnd.length)
    left = length
    inBody = true
    return true
  }

  return {
    push(piece, sink) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
      window = window.length === 0 ? bytes : Buffer.concat([window, bytes])
      while (window.length > 0 && (inBody ? body(sink) : head(sink)));
    },
    finish(sink) {
      const isCut = inBody ? left > 0 : window.length > 0 && !isLost
      if (isCut) sink.fault(0, { reason: 'malformed', detail: 'the file ends in the middle of this record' })
    },
  }
}

/** Fields by name in small letters, of which the last of a name counts. */
function readHead(head: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of head.split(/\r?\n/).slice(1)) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return fields
}

/** The text of a record with its title, address, time and language where they are known. */
export function readWarcRecord(record: Uint8Array): { readonly values: Record<string, unknown> } | RowFault {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.length)
  const end = bytes.indexOf(headEnd)
  const head = readHead(bytes.toString('utf8', 0, end))
  const content = bytes.subarray(end + headEnd.length)
  const about = {
    url: (head.get('warc-target-uri') ?? '').replace(/^<|>$/g, ''),
    date: head.get('warc-date') ?? '',
  }
  if (head.get('warc-type') === 'conversion') {
    const language = head.get('warc-identified-content-language') ?? ''
    return pageRow(utf8Text(content).trim(), { ...about, language })
  }
  if (head.get('warc-type') === 'resource') {
    return readPage(content, head.get('content-type') ?? '', about)
  }
  const httpEnd = bodyStart(content)
  const lines = content.toString('latin1', 0, httpEnd)
  const status = /^HTTP\/[\d.]+ +(\d{3})/.exec(lines)?.[1]
  if (status === undefined) return { reason: 'malformed', detail: 'the record holds no answer of HTTP' }
  if (status !== '200') return { reason: 'not-a-page', detail: `the server answered ${status}` }
  const http = readHead(lines)
  const unpacked = unpackBody(content.subarray(httpEnd), http)
  return 'reason' in unpacked ? unpacked : readPage(unpacked.body, http.get('content-type') ?? '', about)
}

function bodyStart(content: Buffer): number {
  const end = content.indexOf(headEnd)
  if (end >= 0) return end + headEnd.length
  const bare = content.indexOf('\n\n')
  return bare >= 0 ? bare + 2 : content.length
}

function unpackBody(
  content: Buffer,
  http: ReadonlyMap<string, string>,
): { readonly body: Buffer } | RowFault {
  const chunked = /chunked/i.test(http.get('transfer-encoding') ?? '')
  // Crawlers often keep the field of what they have undone already: what does not look so is taken as it is.
  const body = (chunked ? joinChunks(content) : undefined) ?? content
  const packed = (http.get('content-encoding') ?? '').toLowerCase()
  const limits = { maxOutputLength: pageLimit }
  try {
    if (/gzip/.test(packed) && body[0] === 0x1f && body[1] === 0x8b) return { body: gunzipSync(body, limits) }
    if (/deflate/.test(packed)) return { body: inflate(body) }
    if (/\bbr\b/.test(packed)) return { body: brotliDecompressSync(body, limits) }
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      return { reason: 'zip-bomb', detail: `the page unpacks to more than ${pageLimit >> 20} MiB` }
    if (/gzip/.test(packed))
      return { reason: 'malformed', detail: `the page says that it is ${packed}, and cannot be unpacked` }
  }
  return { body }
}

function inflate(body: Buffer): Buffer {
  const limits = { maxOutputLength: pageLimit }
  return (body[0]! & 15) === 8 && body.readUInt16BE(0) % 31 === 0
    ? inflateSync(body, limits)
    : inflateRawSync(body, limits)
}

/** Undefined where the bytes are no chunks; what is cut off within one counts. */
function joinChunks(content: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; at < content.length;) {
    const end = content.indexOf('\r\n', at)
    const size = /^([0-9a-f]{1,8})\s*(?:;|$)/i.exec(
      content.toString('latin1', at, end < 0 ? at : Math.min(end, at + 64)),
    )?.[1]
    if (size === undefined) return chunks.length > 0 ? Buffer.concat(chunks) : undefined
    const length = Number.parseInt(size, 16)
    if (length === 0) break
    chunks.push(content.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
  return Buffer.concat(chunks)
}

function readPage(
  body: Uint8Array,
  type: string,
  about: { readonly url: string; readonly date: string },
): { readonly values: Record<string, unknown> } | RowFault {
  const charset = /charset\s*=\s*["']?([\w-]+)/i.exec(type)?.[1]
  if (type !== '' && !/html|xhtml|text\/plain/i.test(type))
    return { reason: 'not-a-page', detail: `the record is ${type.slice(0, 80)}, expected HTML or text` }
  const source = decodePage(body, charset)
  if (source === undefined)
    return { reason: 'unknown-encoding', detail: 'the page is in no encoding that is known' }
  if (/text\/plain/i.test(type)) return pageRow(source.trim(), about)
  return readHtml(source, about)
}

/** The row of an HTML page: its main text, title, address and language. */
export function readHtml(
  source: string,
  about: { readonly url?: string; readonly date?: string } = {},
): { readonly values: Record<string, unknown> } | RowFault {
  try {
    const { text, title, language, url } = mainText(source)
    return pageRow(text, { title, ...about, url: about.url || url, language })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { reason: 'nested-too-deep', detail: error.message }
  }
}

/** Only what there is. */
function pageRow(
  text: string,
  about: Readonly<Record<string, string | undefined>>,
): { readonly values: Record<string, unknown> } | RowFault {
  if (text === '') return { reason: 'no-text', detail: 'the page has no text besides links and menus' }
  const known = Object.entries(about).filter(([, value]) => value !== undefined && value !== '')
  return { values: { text, ...Object.fromEntries(known) } }
}
