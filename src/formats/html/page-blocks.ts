// What a page says, block by block, with what tells running text from navigation: how much of it is links, and what it stands in.
import { Parser } from 'htmlparser2'

/** A paragraph, a heading, an item, a row of a table, or the text between two of them. */
export interface PageBlock {
  readonly text: string
  /** Characters of it that are links. */
  readonly linked: number
  readonly kind: 'text' | 'heading' | 'item' | 'row' | 'code'
  /** Whether it stands in what the page says is its content: `article`, `main`. */
  readonly isMain: boolean
}

export interface PageBlocks {
  readonly title: string
  readonly language: string
  /** Where the page says that it belongs. */
  readonly url: string
  readonly blocks: readonly PageBlock[]
}

/** Deeper pages are made to break readers. */
const deepest = 1000

/** Elements that hold no text of the page. */
const silent = new Set(
  'script style noscript template svg math iframe object embed applet canvas audio video map select datalist button textarea dialog nav footer aside form fieldset menu rp rt'.split(
    ' ',
  ),
)
/** Elements within a line; all others begin and end a block. */
const inline = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark meter nobr output picture progress q ruby rb rbc rtc s samp small source span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)
const headings = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
const silentRoles = new Set([
  'navigation',
  'banner',
  'contentinfo',
  'search',
  'complementary',
  'dialog',
  'menu',
  'menubar',
  'tablist',
  'alert',
])
/** Words of a class or id, in pages of Korean portals and blogs too. */
const silentName =
  /(?:^|[\s_-])(?:nav|navi|navbar|navigation|menu|gnb|lnb|snb|fnb|footer|foot|sidebar|side|aside|breadcrumbs?|location|comments?|reply|replies|share|sharing|social|sns|cookies?|consent|banner|advert|advertisement|ads?|adsense|sponsor(?:ed)?|related|recommend(?:ed)?|pagination|paging|pager|popup|modal|toolbar|skip|copyright|subscribe|newsletter|login|toc|tags?|byline-?links)(?:$|[\s_-])/i
const mainName = /(?:^|[\s_-])(?:article|post|entry)[_-]?(?:body|content|view|text)(?:$|[\s_-])/i

interface OpenElement {
  readonly name: string
  readonly isSilent: boolean
  readonly isMain: boolean
  readonly isLink: boolean
}

/** Throws a `RangeError` for a page that is nested more than a thousand elements deep. */
export function pageBlocks(html: string): PageBlocks {
  const blocks: PageBlock[] = []
  const open: OpenElement[] = []
  let silentDepth = 0
  let mainDepth = 0
  let linkDepth = 0
  let codeDepth = 0
  let isTitle = false
  let title = ''
  let openTitle = ''
  let language = ''
  let url = ''
  /** Lines of the current block before its last: text that grows is not trimmed over and over. */
  let lines: string[] = []
  let line = ''
  let endsInSpace = false
  let linked = 0
  let kind: PageBlock['kind'] = 'text'

  function endLine(): void {
    lines.push(codeDepth > 0 ? line : line.trim())
    line = ''
  }

  function endBlock(): void {
    endLine()
    const text = lines.join('\n')
    const whole = codeDepth > 0 ? text.replace(/^\n+/, '').trimEnd() : text.trim()
    if (whole !== '') blocks.push({ text: whole, linked, kind, isMain: mainDepth > 0 })
    lines = []
    linked = 0
    kind = codeDepth > 0 ? 'code' : 'text'
  }

  function addText(data: string): void {
    if (codeDepth > 0) {
      line += data
      return
    }
    const spaced = data.replace(/[\s\u00A0]+/g, ' ')
    const joined = line === '' || endsInSpace ? spaced.trimStart() : spaced
    if (joined === '') return
    line += joined
    endsInSpace = joined.endsWith(' ')
    if (linkDepth > 0) linked += joined.trim().length
  }

  const parser = new Parser({
    onopentag(name, attributes) {
      if (open.length >= deepest)
        throw new RangeError(`the page is nested more than ${deepest} elements deep`)
      if (name === 'html') language = attributes.lang ?? ''
      if (name === 'link' && attributes.rel === 'canonical') url = attributes.href ?? url
      if (name === 'meta' && attributes.property === 'og:url') url ||= attributes.content ?? ''
      if (name === 'meta' && attributes.property === 'og:title') openTitle ||= attributes.content ?? ''
      if (name === 'title' && !open.some(({ name }) => name === 'svg')) isTitle = true
      if (name === 'br') return codeDepth > 0 ? void (line += '\n') : endLine()
      if (!inline.has(name)) {
        if ((name === 'td' || name === 'th') && kind === 'row') {
          if (line !== '') {
            line += '\t'
            endsInSpace = true
          }
        } else if (codeDepth === 0) {
          endBlock()
          if (headings.has(name)) kind = 'heading'
          else if (name === 'li' || name === 'dt' || name === 'dd') kind = 'item'
          else if (name === 'tr') kind = 'row'
          else if (name === 'p' && open.at(-1)?.name === 'li') kind = 'item'
        }
      }
      const isMain =
        name === 'article' ||
        name === 'main' ||
        attributes.role === 'main' ||
        attributes.itemprop === 'articleBody' ||
        mainName.test(`${attributes.class ?? ''} ${attributes.id ?? ''}`)
      const isSilent = silent.has(name) || name === 'head' || isHidden(name, attributes, mainDepth > 0)
      const isLink = name === 'a' && attributes.href !== undefined
      open.push({ name, isSilent: isSilent && name !== 'body' && name !== 'html', isMain, isLink })
      if (open.at(-1)!.isSilent) silentDepth++
      if (isMain) mainDepth++
      if (isLink) linkDepth++
      if (name === 'pre' && codeDepth++ === 0) kind = 'code'
    },
    ontext(data) {
      if (isTitle) title += data
      else if (silentDepth === 0) addText(data)
    },
    onclosetag(name) {
      if (name === 'title') isTitle = false
      if (name === 'br') return
      const element = open.pop()
      if (element === undefined) return
      if (!inline.has(name) && name !== 'td' && name !== 'th' && (codeDepth === 0 || name === 'pre')) {
        endBlock()
        if (name === 'pre') {
          codeDepth--
          kind = 'text'
        }
      }
      if (element.isSilent) silentDepth--
      if (element.isMain) mainDepth--
      if (element.isLink) linkDepth--
    },
  })
  parser.write(html)
  parser.end()
  endBlock()
  const named = (title.trim() === '' ? openTitle : title).replace(/\s+/g, ' ').trim()
  return { title: named, language, url, blocks }
}

function isHidden(name: string, attributes: Record<string, string>, inMain: boolean): boolean {
  if (attributes.hidden !== undefined || attributes['aria-hidden'] === 'true') return true
  if (attributes.style !== undefined && /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style))
    return true
  if (attributes.role !== undefined && silentRoles.has(attributes.role)) return true
  // The header of a page is navigation, that of an article its headline.
  if (name === 'header') return !inMain
  if (name === 'article' || name === 'main' || inline.has(name)) return false
  const names = `${attributes.class ?? ''} ${attributes.id ?? ''}`
  return names !== ' ' && silentName.test(names) && !mainName.test(names)
}
