// Finds listed words however they are disguised: a tree of their letters is walked from every place where one may begin, and on
// the way signs and digits between syllables (`시1발`), letters drawn out (`fuuuck`), look-alikes (`sh1t`), stars (`f*ck`) and
// letters that stand alone (`씨 발`, `f u c k`) are passed over. What is part of a harmless word is let be.
import type { ToxicWord } from './toxic-words.ts'

export interface WordMatch {
  readonly kind: ToxicWord['kind']
  readonly start: number
  readonly end: number
}

interface Node {
  readonly next: Map<number, Node>
  readonly words: Compiled[]
}

interface Compiled {
  readonly kind: ToxicWord['kind']
  readonly start: boolean
  readonly end: boolean
  readonly notBefore: RegExp | undefined
  readonly notAfter: RegExp | undefined
}

/** Signs and digits that are put between the syllables of a word. */
const noise = /[\d.,*~!@#^_\-|/·+=:;'"ㅡ]/
const longestNoise = 3
const hangul = /[가-힣]/
const consonant = /[ㄱ-ㅎ]/
/** Laughter that stands beside anything. */
const laughter = /[ㅋㅎ]/
const latin = /[a-z]/
/** Interjections and strengthening syllables that are written onto what follows. */
const interjection =
  /(?:^|[^가-힣])(?:[개아야와에이왜하허헐어으오참좀]|진짜|존나|에이|아오|아놔|이런|개빙|상)$/
const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
}
const invisible = /[\u00ad\u200b-\u200d\u2060\ufeff]/g
const decomposed = /[\u1100-\u11ff]/
const fullWidth = /[\uff01-\uff5e]/g
/** What is looked at on either side of a word, in UTF-16 units. */
const context = 8
const star = '*'.charCodeAt(0)

/** Every string of a form: `[ab]` is one of the letters, `(x|y)` one of the strings. */
export function expandForms(forms: string): string[] {
  const group = /\[([^\]]+)\]|\(([^()]+)\)/.exec(forms)
  if (group === null) return [forms]
  const [whole, letters, choices] = group
  const options = letters === undefined ? choices!.split('|') : [...letters]
  const [before, after] = [forms.slice(0, group.index), forms.slice(group.index + whole.length)]
  return options.flatMap((option) => expandForms(before + option + after))
}

/** A function from a text to the words of the lists in it, in order, none within another. */
export function createWordMatcher(lists: readonly ToxicWord[]): (text: string) => WordMatch[] {
  const root: Node = { next: new Map(), words: [] }
  for (const word of lists) {
    const { kind, start = false, end = false, notBefore, notAfter } = word
    const compiled: Compiled = {
      kind,
      start,
      end,
      notBefore: notBefore === undefined ? undefined : new RegExp(`^(?:${notBefore})`),
      notAfter: notAfter === undefined ? undefined : new RegExp(`(?:${notAfter})$`),
    }
    for (const form of expandForms(word.forms.normalize('NFC'))) add(root, form.toLowerCase(), compiled)
  }
  // Whether a word may begin with a UTF-16 unit, so that most places are left at once.
  const begins = new Uint8Array(0x10000)
  for (const unit of root.next.keys()) {
    begins[unit] = 1
    begins[String.fromCharCode(unit).toUpperCase().charCodeAt(0)] = 1
  }
  for (const [sign, letter] of Object.entries(lookAlikes)) {
    if (root.next.has(letter.charCodeAt(0))) begins[sign.charCodeAt(0)] = 1
  }
  const mayHold = (text: string): boolean => {
    for (let i = 0; i < text.length; i++) if (begins[text.charCodeAt(i)] === 1) return true
    return false
  }
  return (original) => {
    const text = plain(original)
    const found: WordMatch[] = []
    if (!mayHold(text)) return found
    for (let i = 0; i < text.length; i++) {
      if (begins[text.charCodeAt(i)] === 0) continue
      const match = matchAt(text, i, root)
      if (match === undefined) continue
      found.push(match)
      i = match.end - 1
    }
    return found
  }
}

/** What is compared: invisible characters gone, composed syllables, narrow letters. */
function plain(text: string): string {
  let result = text
  if (decomposed.test(result)) result = result.normalize('NFC')
  // The expressions are global, so `replace` tests and changes at once.
  result = result.replace(invisible, '')
  return result.replace(fullWidth, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
}

function add(root: Node, form: string, word: Compiled): void {
  let node = root
  for (let i = 0; i < form.length; i++) {
    const unit = form.charCodeAt(i)
    const next = node.next.get(unit) ?? { next: new Map(), words: [] }
    node.next.set(unit, next)
    node = next
  }
  node.words.push(word)
}

function matchAt(text: string, start: number, root: Node): WordMatch | undefined {
  const first = text[start]!.toLowerCase()
  const isLatin = latin.test(first) || first in lookAlikes
  // A Latin word begins where no letter or digit stands before it.
  if (isLatin && start > 0 && /[\p{L}\p{N}]/u.test(text[start - 1]!)) return undefined
  let best: WordMatch | undefined
  const accept = (node: Node, end: number, alone: boolean): void => {
    if (best !== undefined && best.end >= end) return
    const word = node.words.find((candidate) =>
      isLatin
        ? fitsLatin(text, start, end)
        : alone
          ? fitsAlone(text, start, end)
          : fitsKorean(text, start, end, candidate),
    )
    if (word !== undefined) best = { kind: word.kind, start, end }
  }
  // `alone`: undefined until the second letter says whether letters stand one by one.
  const walk = (at: number, node: Node, last: string, alone: boolean | undefined, skipped: number): void => {
    if (node.words.length > 0 && (isLatin || skipped === 0)) accept(node, at, alone === true)
    if (at >= text.length) return
    const letter = text[at]!.toLowerCase()
    const step = (next: Node | undefined, read: string, position: number, separated: boolean) => {
      if (next !== undefined) walk(position, next, read, separated, 0)
    }
    if (alone !== true) {
      step(node.next.get(letter.charCodeAt(0)), letter, at + 1, false)
      if (isLatin) {
        const like = lookAlikes[letter]
        if (like !== undefined) step(node.next.get(like.charCodeAt(0)), like, at + 1, false)
        if (letter === last) walk(at + 1, node, last, false, skipped)
        if (letter.charCodeAt(0) === star && skipped < longestNoise) {
          for (const next of node.next.values()) walk(at + 1, next, '', false, skipped + 1)
        }
      } else if (skipped < longestNoise && noise.test(letter)) walk(at + 1, node, last, false, skipped + 1)
    }
    if (alone !== false && /[\s.\-_]/.test(letter) && at + 1 < text.length) {
      const next = text[at + 1]!.toLowerCase()
      step(node.next.get(next.charCodeAt(0)), next, at + 2, true)
    }
  }
  const entry = root.next.get(first.charCodeAt(0))
  if (entry !== undefined) walk(start + 1, entry, first, undefined, 0)
  const like = lookAlikes[first]
  const other = like === undefined ? undefined : root.next.get(like.charCodeAt(0))
  if (other !== undefined) walk(start + 1, other, like!, undefined, 0)
  return best
}

/** No letter goes on, and most of what was read is letters: a price such as `$417` is no word. */
function fitsLatin(text: string, start: number, end: number): boolean {
  if (end < text.length && /[\p{L}\p{N}]/u.test(text[end]!)) return false
  const read = text.slice(start, end)
  const letters = read.match(/[a-z]/gi)?.length ?? 0
  return letters * 2 >= read.replaceAll(/[\s.\-_]/g, '').length
}

/**
 * Syllables one by one are a disguise where each stands alone. `씨` after a name and `시` after an hour stand alone too, so for
 * them a word of two syllables or a number must not precede.
 */
function fitsAlone(text: string, start: number, end: number): boolean {
  const letter = /[\p{L}\p{N}]/u
  if (start > 0 && letter.test(text[start - 1]!)) return false
  if (end < text.length && letter.test(text[end]!)) return false
  if (!/[시씨]/.test(text[start]!)) return true
  return !/(?:[가-힣]{2}|\d|[A-Za-z])[ \t]$/.test(text.slice(Math.max(0, start - context), start))
}

function fitsKorean(text: string, start: number, end: number, word: Compiled): boolean {
  const before = text.slice(Math.max(0, start - context), start)
  const after = text.slice(end, end + context)
  const last = before.at(-1) ?? ''
  const next = after[0] ?? ''
  // Jamo that are part of a longer run stand for other words, unless the rest is laughter.
  if (consonant.test(text[start]!) && consonant.test(last) && !laughter.test(last)) return false
  if (consonant.test(text[end - 1]!) && consonant.test(next) && !laughter.test(next)) return false
  if (word.start && hangul.test(last) && !interjection.test(before)) return false
  if (word.end && hangul.test(next)) return false
  return !word.notBefore?.test(after) && !word.notAfter?.test(before)
}
