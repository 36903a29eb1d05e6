// Templates, links and tables of wikitext, which stand within one another.
import type { WikiSite } from './dump.ts'

/** Deeper marks are taken as they stand: no page needs as many. */
const deepest = 60

/** Templates whose last value is what a reader sees. */
const spoken =
  /^(?:lang|llang|lang-[a-z-]+|langx|언어|llang-[a-z-]+|transl|nowrap|nobr|small|작게|big|abbr|ruby|루비|한자|국기|나라|나라이름|문화어|convert|변환|십진)$/i

interface Frame {
  readonly kind: 'template' | 'link' | 'table'
  text: string
}

/** The text with each link as its label, and without templates, tables, files and categories. */
export function renderNested(text: string, site: Pick<WikiSite, 'files' | 'categories'>): string {
  const frames: Frame[] = []
  let current = ''
  let at = 0
  const marks = /\{\{|\}\}|\[\[|\]\]|\{\||\|\}/g
  for (let found = marks.exec(text); found; found = marks.exec(text)) {
    const [mark] = found
    const place = found.index
    const top = frames.at(-1)
    const opens =
      mark === '{{'
        ? 'template'
        : mark === '[['
          ? 'link'
          : mark === '{|' && isLineStart(text, place)
            ? 'table'
            : undefined
    if (opens !== undefined && frames.length < deepest) {
      frames.push({ kind: opens, text: current + text.slice(at, place) })
      current = ''
    } else if (top !== undefined && closes(mark, top.kind, text, place)) {
      const inner = current + text.slice(at, place)
      current = top.text + render(top.kind, inner, site)
      frames.pop()
    } else {
      // `|}` before another brace ends the value of a template.
      if (mark === '|}') marks.lastIndex = place + 1
      continue
    }
    at = place + mark.length
  }
  current += text.slice(at)
  // What was never closed ends with its paragraph.
  for (let frame = frames.pop(); frame; frame = frames.pop()) {
    const end = frame.kind === 'link' ? 0 : current.indexOf('\n\n')
    current = frame.text + (end < 0 ? '' : current.slice(end))
  }
  return current
}

function closes(mark: string, kind: Frame['kind'], text: string, place: number): boolean {
  if (kind === 'template') return mark === '}}'
  if (kind === 'link') return mark === ']]'
  return mark === '|}' && isLineStart(text, place)
}

function isLineStart(text: string, place: number): boolean {
  for (let i = place - 1; i >= 0; i--) {
    const character = text[i]!
    if (character === '\n') return true
    if (character !== ' ' && character !== '\t' && character !== ':') return false
  }
  return true
}

function render(
  kind: Frame['kind'],
  inner: string,
  { files, categories }: Pick<WikiSite, 'files' | 'categories'>,
): string {
  if (kind === 'table') return ''
  const parts = inner.split('|')
  if (kind === 'template') {
    if (!spoken.test(parts[0]!.trim()) || parts.length < 2) return ''
    const values = parts.slice(1).filter((part) => !/^\s*[\w-]+\s*=/.test(part))
    return values.at(-1)?.trim() ?? ''
  }
  const target = parts[0]!.trim()
  const space = target.indexOf(':')
  if (space > 0) {
    const name = target.slice(0, space).trim().toLowerCase()
    if (files.includes(name) || categories.includes(name)) return ''
    // The same page in another language.
    if (parts.length === 1 && /^[a-z]{2,3}(?:-[a-z-]+)?$/.test(name)) return ''
  }
  const label = parts.length > 1 ? parts.at(-1)!.trim() : target.replace(/^:/, '')
  // With an empty label what is in brackets goes.
  return label === '' ? target.replace(/^[^:]*:/, '').replace(/\s*\([^)]*\)$/, '') : label
}
