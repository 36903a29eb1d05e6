import type { Template } from '@huggingface/jinja'

const sides = { strip: 'yuksu_strip', lstrip: 'yuksu_lstrip', rstrip: 'yuksu_rstrip' } as const

/**
 * Makes a template's `text.strip(characters)`, and `lstrip` and `rstrip`, do what they do in Python: the library leaves the characters out of
 * account and takes all white space off. The functions it calls then are `stripFunctions`.
 */
export function stripAsPython({ parsed }: Template): void {
  rewrite(parsed, new Set())
}

/** The variables that templates need after `stripAsPython`. */
export const stripFunctions: Readonly<Record<string, (text: unknown, characters: unknown) => string>> = {
  [sides.strip]: (text, characters) => strip(text, characters, true, true),
  [sides.lstrip]: (text, characters) => strip(text, characters, true, false),
  [sides.rstrip]: (text, characters) => strip(text, characters, false, true),
}

/** A node of the library's syntax tree, as far as it matters here. */
interface Node {
  type?: unknown
  callee?: Node
  args?: unknown[]
  object?: unknown
  property?: { value?: unknown }
  computed?: unknown
}

function rewrite(value: unknown, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  const node = value as Node
  const { callee, args } = node
  const name = callee?.property?.value
  if (
    node.type === 'CallExpression' &&
    callee?.type === 'MemberExpression' &&
    callee.computed === false &&
    args !== undefined &&
    args.length > 0 &&
    (name === 'strip' || name === 'lstrip' || name === 'rstrip')
  ) {
    args.unshift(callee.object)
    callee.property!.value = sides[name]
    node.callee = callee.property as Node
  }
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) rewrite(inner, seen)
}

function strip(text: unknown, characters: unknown, left: boolean, right: boolean): string {
  if (typeof text !== 'string')
    throw new Error(`${String(text)} is no text, of which characters could be taken off`)
  if (characters === null) return left ? (right ? text.trim() : text.trimStart()) : text.trimEnd()
  const set = new Set(String(characters))
  const letters = [...text]
  const isKept = (letter: string) => !set.has(letter)
  const first = letters.findIndex(isKept)
  if (first < 0) return ''
  const start = left ? first : 0
  const end = right ? letters.findLastIndex(isKept) + 1 : letters.length
  return letters.slice(start, end).join('')
}
