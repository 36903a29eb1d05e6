import { kindOf, whiteSpace } from './unicode-classes.ts'

/** An entry of `added_tokens` in `tokenizer.json`. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Whether white space before or after it is taken with it. */
  readonly lstrip: boolean
  readonly rstrip: boolean
  /** Whether it is passed over beside a letter, a numeral or `_`. */
  readonly single_word?: boolean | undefined
}

/** A token may end here, and go on by the UTF-16 unit that comes next. */
interface Node {
  token?: AddedToken
  readonly next: Map<number, Node>
}

/**
 * Cuts text at added tokens: text stays a string, a token becomes its id. The leftmost token first, the longest of those
 * that begin there. Empty texts are left out.
 */
export function cutAtAddedTokens(tokens: readonly AddedToken[]): (text: string) => (string | number)[] {
  const root: Node = { next: new Map() }
  for (const token of tokens) {
    if (token.content === '') continue
    let node = root
    for (let index = 0; index < token.content.length; index++) {
      const unit = token.content.charCodeAt(index)
      if (!node.next.has(unit)) node.next.set(unit, { next: new Map() })
      node = node.next.get(unit)!
    }
    node.token = token
  }
  if (root.next.size === 0) return (text) => (text === '' ? [] : [text])
  const beginnings = [...root.next.keys()].map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
  const beginning = new RegExp(`[${beginnings.join('')}]`, 'g')

  return (text) => {
    const pieces: (string | number)[] = []
    let begin = 0
    beginning.lastIndex = 0
    for (let found = beginning.exec(text); found !== null; found = beginning.exec(text)) {
      const token = longestAt(root, text, found.index)
      if (token === undefined) continue
      let start = found.index
      let end = start + token.content.length
      beginning.lastIndex = end
      if (token.single_word === true && (isWordBefore(text, start) || isWordAfter(text, end))) continue
      if (token.lstrip) while (start > begin && isSpace(text, start - 1)) start--
      if (token.rstrip) while (end < text.length && isSpace(text, end)) end++
      if (start > begin) pieces.push(text.slice(begin, start))
      pieces.push(token.id)
      begin = end
    }
    if (begin < text.length) pieces.push(text.slice(begin))
    return pieces
  }
}

function longestAt(root: Node, text: string, start: number): AddedToken | undefined {
  let longest: AddedToken | undefined
  let node: Node | undefined = root
  for (let index = start; node !== undefined; index++) {
    longest = node.token ?? longest
    node = index < text.length ? node.next.get(text.charCodeAt(index)) : undefined
  }
  return longest
}

function isSpace(text: string, index: number): boolean {
  return (kindOf(text.charCodeAt(index)) & whiteSpace) !== 0
}

const word = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`
const endsInWord = new RegExp(`${word}$`, 'u')
const beginsWithWord = new RegExp(`^${word}`, 'u')

function isWordBefore(text: string, end: number): boolean {
  return endsInWord.test(text.slice(Math.max(0, end - 2), end))
}

function isWordAfter(text: string, start: number): boolean {
  return beginsWithWord.test(text.slice(start, start + 2))
}
