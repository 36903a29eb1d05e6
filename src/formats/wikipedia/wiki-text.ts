// Wikitext as plain text: what a reader of the page reads, without templates, tables, pictures and references.
import { Parser } from 'htmlparser2'
import { renderNested } from './nested.ts'
import type { WikiSite } from './dump.ts'

/** Elements that are left out with all that is in them. */
const silent =
  'ref references gallery math chem ce timeline imagemap score hiero graph mapframe maplink templatestyles syntaxhighlight source'
const silentStart = new RegExp(`<(${silent.split(' ').join('|')})\\b([^<>]*)>`, 'gi')
const breaking = new Set([
  'br',
  'p',
  'div',
  'li',
  'ul',
  'ol',
  'dl',
  'dd',
  'dt',
  'tr',
  'table',
  'blockquote',
  'hr',
  'center',
  'pre',
  'poem',
])
/** Sections of nothing but links and references. */
const endSections = new Set(
  '각주|주석|출처|주해|참고 문헌|참고문헌|참고 자료|외부 링크|바깥 고리|같이 보기|함께 보기|References|Notes|Footnotes|Citations|Sources|Bibliography|External links|See also|Further reading'
    .toLowerCase()
    .split('|'),
)

/** The plain text of a page; paragraphs and headings stand on lines of their own, items begin with a dash. */
export function wikiText(source: string, site: Pick<WikiSite, 'files' | 'categories'>): string {
  const bare = withoutSilent(protectVerbatim(withoutComments(source))).replace(
    /\[(?:https?:|ftp:|mailto:)?\/\/([^[\]\n]{1,2000})\]/gi,
    (_, inner: string) => {
      const space = inner.search(/\s/)
      return space < 0 ? '' : inner.slice(space).trim()
    },
  )
  const linked = renderNested(bare, site)
    .replace(/'{2,5}/g, '')
    .replace(/__[A-Z가-힣]{3,30}__/g, '')
  const lines = withoutMarkup(linked).split('\n')
  return restoreVerbatim(joinSections(lines.map(plainLine)))
}

/** An unclosed comment goes to the end, as MediaWiki has it. */
function withoutComments(text: string): string {
  let result = ''
  let at = 0
  for (let start = text.indexOf('<!--'); start >= 0; start = text.indexOf('<!--', at)) {
    result += text.slice(at, start)
    const end = text.indexOf('-->', start + 4)
    if (end < 0) return result
    at = end + 3
  }
  return result + text.slice(at)
}

/** Signs between `<nowiki>` mean nothing: they are moved where no text is until all others are read. */
function protectVerbatim(text: string): string {
  if (!/<nowiki/i.test(text)) return text
  let result = ''
  let at = 0
  const parts = /<nowiki\s*\/>|<nowiki>|<\/nowiki>/gi
  let isInside = false
  for (let found = parts.exec(text); found; found = parts.exec(text)) {
    const part = text.slice(at, found.index)
    result += isInside ? part.replace(/[*:{}[\]|'=<>!~_-]/g, toVerbatim) : part
    isInside = found[0].toLowerCase() === '<nowiki>'
    at = found.index + found[0].length
  }
  return result + text.slice(at)
}

function toVerbatim(sign: string): string {
  return String.fromCharCode(0xf000 + sign.charCodeAt(0))
}

function restoreVerbatim(text: string): string {
  return text.replace(/[\uf021-\uf07e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xf000))
}

function withoutSilent(text: string): string {
  let result = ''
  let at = 0
  let lower: string | undefined
  const unclosed = new Set<string>()
  silentStart.lastIndex = 0
  for (let found = silentStart.exec(text); found; found = silentStart.exec(text)) {
    if (found.index < at) continue
    const [whole, tag, rest] = found as unknown as [string, string, string]
    const name = tag.toLowerCase()
    result += text.slice(at, found.index)
    at = found.index + whole.length
    if (rest.endsWith('/') || unclosed.has(name)) continue
    lower ??= text.toLowerCase()
    const end = lower.length === text.length ? lower.indexOf(`</${name}`, at) : -1
    const close = end < 0 ? -1 : text.indexOf('>', end)
    if (close < 0) unclosed.add(name)
    else at = close + 1
    silentStart.lastIndex = at
  }
  return result + text.slice(at)
}

/** Without the tags that are left, and with entities as characters. */
function withoutMarkup(text: string): string {
  if (!/[<&]/.test(text)) return text
  let result = ''
  const parser = new Parser({
    ontext: (data) => void (result += data),
    onopentagname: (name) => void (breaking.has(name) && (result += '\n')),
    onclosetag: (name) => void (breaking.has(name) && name !== 'br' && (result += '\n')),
  })
  parser.write(text)
  parser.end()
  return result.replace(/\u00A0/g, ' ')
}

interface Line {
  readonly text: string
  /** Of a heading: 1 to 6. */
  readonly level?: number
}

function plainLine(line: string): Line {
  const trimmed = line.trim()
  const heading = /^(={1,6})(.+?)\1$/.exec(trimmed)
  if (heading) return { text: heading[2]!.trim(), level: heading[1]!.length }
  if (/^(?:\||!|-{4,})/.test(trimmed)) return { text: '' }
  const [, marks = '', rest = ''] = /^([*#:;]*)[ \t]*(.*)$/.exec(trimmed) ?? []
  const text = rest
    // What templates leave behind: a name in another script, a sound.
    .replace(/[(（][\s,;:·、/]*[)）]/g, '')
    .replace(/([(（])[\s,;:·、]+/g, '$1')
    .replace(/[\s,;:·、]{1,20}([)）])/g, '$1')
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/ +([,.])/g, '$1')
    .trim()
  return { text: text !== '' && /[*#]/.test(marks) ? `- ${text}` : text }
}

/** Without sections that hold nothing, or nothing but references. */
function joinSections(lines: readonly Line[]): string {
  const kept: Line[] = []
  let omitted: number | undefined
  for (const line of lines) {
    if (line.level !== undefined) {
      if (omitted !== undefined && line.level > omitted) continue
      omitted = endSections.has(line.text.toLowerCase()) ? line.level : undefined
      // A heading over which only headings of its level or below stand without text.
      while (kept.length > 0 && (kept.at(-1)!.text === '' || (kept.at(-1)!.level ?? 0) >= line.level))
        kept.pop()
      if (omitted === undefined) kept.push({ text: '' }, line)
    } else if (omitted === undefined) kept.push(line)
  }
  while (kept.length > 0 && (kept.at(-1)!.text === '' || kept.at(-1)!.level !== undefined)) kept.pop()
  return kept
    .map(({ text }) => text)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
