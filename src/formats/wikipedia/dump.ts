// Dumps of Wikipedia and other wikis of MediaWiki (pages-articles.xml): pages cut out of the XML, and their articles read.
import { YuksuError } from '../../errors.ts'
import type { RecordSplitter } from '../record-splitter.ts'
import { wikiText } from './wiki-text.ts'

const pageStart = Buffer.from('<page>')
const pageEnd = Buffer.from('</page>')
const longestHead = 1 << 20

/** What a dump says of its wiki: plain data. */
export interface WikiSite {
  /** Addresses of pages begin with it; '' where it is not known. */
  readonly base: string
  /** Names of the namespaces for files and for categories, in small letters. */
  readonly files: readonly string[]
  readonly categories: readonly string[]
}

/** Cuts a dump into its `<page>` elements. `onSite` is told before the first. Throws `unknown-format` for other XML. */
export function wikiSplitter(path: string, onSite: (site: WikiSite) => void): RecordSplitter {
  let window: Buffer = Buffer.alloc(0)
  let head: string | undefined = ''
  let inPage = false
  return {
    push(piece, sink) {
      window = Buffer.concat([window, piece])
      let at = 0
      for (;;) {
        const mark = inPage ? pageEnd : pageStart
        const found = window.indexOf(mark, at)
        // A mark may begin at the end of one piece and end in the next.
        const end = found < 0 ? Math.max(window.length - mark.length + 1, at) : found
        if (inPage) sink.add(window, at, end)
        else if (head !== undefined) {
          head += window.toString('utf8', at, end)
          if (found >= 0) {
            onSite(readSite(path, head))
            head = undefined
          } else if (head.length > longestHead) throw notADump(path)
        }
        at = found < 0 ? end : end + mark.length
        if (found < 0) break
        if (inPage) sink.end(0)
        inPage = !inPage
      }
      window = window.subarray(at)
    },
    finish(sink) {
      if (head !== undefined && !head.includes('<mediawiki')) throw notADump(path)
      if (inPage) sink.fault(0, { reason: 'malformed', detail: 'the file ends in the middle of this page' })
    },
  }
}

function readSite(path: string, head: string): WikiSite {
  if (!head.includes('<mediawiki')) throw notADump(path)
  const names = (key: number, ...also: string[]) => {
    const own = new RegExp(`<namespace key="${key}"[^>]*>([^<]+)<`).exec(head)?.[1]
    return [...new Set([...also, ...(own === undefined ? [] : [decodeXml(own).toLowerCase()])])]
  }
  const main = decodeXml(/<base>([^<]+)<\/base>/.exec(head)?.[1] ?? '')
  return {
    base: main.replace(/[^/]*$/, ''),
    files: names(6, 'file', 'image', '파일', '그림', 'media'),
    categories: names(14, 'category', '분류'),
  }
}

function notADump(path: string): YuksuError {
  return new YuksuError(
    'unknown-format',
    `${path} is XML, but no dump of a wiki (<mediawiki>), the one kind that is read`,
  )
}

/** The article of a page; undefined for a redirect and for pages of other namespaces than articles. */
export function readWikiPage(xml: string, site: WikiSite): Record<string, unknown> | undefined {
  if (/<ns>(-?\d+)<\/ns>/.exec(xml)?.[1] !== '0' || /<redirect\b/.test(xml)) return undefined
  const title = decodeXml(/<title>([^<]*)<\/title>/.exec(xml)?.[1] ?? '')
  const text = wikiText(decodeXml(lastText(xml)), site)
  if (text === '') return undefined
  const url =
    site.base === ''
      ? undefined
      : site.base + encodeURI(title.replaceAll(' ', '_')).replace(/[?#]/g, encodeURIComponent)
  return { text, title, ...(url !== undefined && { url }) }
}

/** Of a page with its history the last revision. */
function lastText(xml: string): string {
  const start = xml.lastIndexOf('<text')
  const open = xml.indexOf('>', start)
  if (start < 0 || open < 0 || xml[open - 1] === '/') return ''
  const end = xml.indexOf('</text>', open)
  return xml.slice(open + 1, end < 0 ? xml.length : end)
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The entities of XML itself, each once; a dump defines no others. */
function decodeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,5}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
        ? String.fromCodePoint(code)
        : whole
    },
  )
}
