import { addChanges, replaceCounted, type Changes } from './changes.ts'

/** Elements that begin a new line; of these, `lone` may stand without a partner. */
const blocks =
  'address article aside blockquote br center dd div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul'.split(
    ' ',
  )
const cells = ['td', 'th']
const inline =
  'a abbr acronym b big code del em font i iframe img ins kbd mark nobr s samp small span strike strong sub sup tt u wbr'.split(
    ' ',
  )
const lone = new Set(['br', 'hr', 'img', 'wbr', 'p'])
const block = new Set(blocks)
const cell = new Set(cells)

const attributes =
  String.raw`(?:\s+[A-Za-z_:@][\w:.@-]*(?:\s*=\s*(?:"[^"<>]{0,2000}"|'[^'<>]{0,2000}'|[^\s"'<>=` +
  '`' +
  String.raw`]{1,2000}))?){0,20}`
const tag = new RegExp(
  `<(/?)(${[...blocks, ...cells, ...inline].toSorted((a, b) => b.length - a.length).join('|')})(${attributes})\\s*/?>`,
  'gi',
)

/**
 * Signs that markup is the subject of a text, not what is left of a page: a code fence, the frame or a script of a page, a form,
 * an indented or a quoted tag, a template, a Python session. Pages themselves are read by the reader of HTML.
 */
const subject =
  /```|<!doctype|<\/?(?:html|head|body|script|style|title|meta|link|form|input|label|button|select|option|textarea|template|svg)\b|<[?%]|\{\{|\{%|%\(\w+\)s|^>>> |(?:className|v-if|v-for|ng-\w+)=|^[ \t]+<\/?[a-z][a-z\d]*[\s>/]|["'`“‘]<\/?[a-z!]/im
const spokenOf = /^\s*(?:tags?\b|elements?\b|태그|요소|엘리먼트|엘레먼트)/i

/** Whether a text is about markup, and so has none to be removed. */
export function isAboutMarkup(text: string): boolean {
  return subject.test(text)
}

/**
 * Without what is left of HTML: comments (kind `html-comment`) and tags (kind `html-tag`). Only elements that pages mark running
 * text with, only where the tag is well formed and has its partner in the text or needs none, so `a < b`, `List<String>` and
 * `<Love Letter>` stay; and a text whose subject is markup stays whole. A block's tag ends the line, a cell's is a space.
 */
export function removeTags(text: string, changes: Changes = {}): string {
  if (isAboutMarkup(text)) return text
  const bare = removeComments(text, changes)
  const opened = new Set<string>()
  const closed = new Set<string>()
  for (const [, slash, name] of bare.matchAll(tag)) (slash === '/' ? closed : opened).add(name!.toLowerCase())
  if (opened.size === 0 && closed.size === 0) return bare
  const own: Changes = {}
  // Of tags that touch, such as `</p><p>`, one ends the line.
  let lineEndedAt = -1
  const result = replaceCounted(
    raised(bare, own),
    tag,
    ([match, , written], at, whole) => {
      const name = written!.toLowerCase()
      const isCaseMixed = written !== name && written !== written!.toUpperCase()
      if (isCaseMixed || !(lone.has(name) || (opened.has(name) && closed.has(name)))) return match!
      const end = at + match!.length
      if (spokenOf.test(whole.slice(end, end + 12))) return match!
      if (cell.has(name)) return ' '
      if (!block.has(name)) return ''
      const isEnded = at === lineEndedAt || at === 0 || whole[at - 1] === '\n' || whole[end] === '\n'
      lineEndedAt = end
      return isEnded || end === whole.length ? '' : '\n'
    },
    own,
    'html-tag',
  )
  // A text of nothing but tags was written for their sake.
  if (!/[\p{L}\p{N}]/u.test(result)) return bare
  addChanges(changes, 'html-tag', own['html-tag'] ?? 0)
  return result
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ'
const subscripts = '₀₁₂₃₄₅₆₇₈₉₊₋₍₎'
const plain = '0123456789+-()ni'
const scriptTags = /<(su[pb])>([\d+()ni-]{1,20})<\/\1>/gi

/** Numbers set higher or lower as the characters for them, since `70 m2` is another thing than `70 m²`. */
function raised(text: string, changes: Changes): string {
  return replaceCounted(
    text,
    scriptTags,
    ([match, name, content]) => {
      const characters = name!.toLowerCase() === 'sup' ? superscripts : subscripts
      const written = Array.from(content!, (character) => characters[plain.indexOf(character)] ?? '')
      return written.includes('') ? match! : written.join('')
    },
    changes,
    'html-tag',
  )
}

function removeComments(text: string, changes: Changes): string {
  let start = text.indexOf('<!--')
  if (start < 0) return text
  let kept = ''
  let from = 0
  let places = 0
  while (start >= 0) {
    const end = text.indexOf('-->', start + 4)
    if (end < 0) break
    kept += text.slice(from, start)
    from = end + 3
    places += 1
    start = text.indexOf('<!--', from)
  }
  addChanges(changes, 'html-comment', places)
  return places === 0 ? text : kept + text.slice(from)
}
