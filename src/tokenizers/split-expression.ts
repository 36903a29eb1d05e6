/**
 * Split patterns of `tokenizer.json` as `RegExp`. They are written for Oniguruma in Ruby's syntax, which differs: `\s`, `\d` and `\w` are Unicode's,
 * `^` and `$` stand at every line, `(?i:…)` turns off case for a part, `x++` gives nothing back, and any sign may follow a backslash.
 */
import { YuksuError } from '../errors.ts'

/** Where a pattern matches in a text, as [start, end) pairs of UTF-16 places, in order. An empty match cuts all the same. */
export type Matcher = (text: string) => [start: number, end: number][]

/** @throws YuksuError `invalid-split-pattern` where it is no regular expression or asks for what this cannot translate. */
export function splitMatcher(pattern: string): Matcher {
  const expression = splitExpression(pattern)
  return (text) =>
    Array.from(text.matchAll(expression), ({ 0: { length }, index }) => [index, index + length])
}

/** The `RegExp` of a pattern, global and by code points. Throws as {@link splitMatcher}. */
export function splitExpression(pattern: string): RegExp {
  try {
    return new RegExp(new Translation(pattern).run(), 'gu')
  } catch (cause) {
    if (cause instanceof YuksuError) throw cause
    throw refusal(pattern, cause instanceof Error ? cause.message : String(cause))
  }
}

function refusal(pattern: string, reason: string): YuksuError {
  return new YuksuError(
    'invalid-split-pattern',
    `The split pattern ${JSON.stringify(pattern)} cannot be used: ${reason}; write it another way.`,
  )
}

/** Classes within brackets, and by themselves. */
const shorthands: Readonly<Record<string, string>> = {
  s: String.raw`\p{White_Space}`,
  S: String.raw`\P{White_Space}`,
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  h: '0-9a-fA-F',
}
/** Oniguruma counts a few numerals of Latin-1 among the letters of words. */
const wordCharacters = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u00b2\u00b3\u00b9\u00bc-\u00be`
const syntaxCharacters = new Set('^$\\.*+?()[]{}|/')

class Translation {
  readonly #pattern: string
  #at = 0
  #groups = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  run(): string {
    const text = this.#alternatives(false)
    if (this.#at < this.#pattern.length) throw refusal(this.#pattern, 'a bracket closes that was not opened')
    return text
  }

  #peek(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at)
  }

  #take(): string {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!)
    this.#at += character.length
    return character
  }

  /** All up to a closing bracket or the end. */
  #alternatives(anyCase: boolean): string {
    let text = ''
    while (this.#at < this.#pattern.length && !this.#peek(')')) {
      if (this.#peek('|')) text += this.#take()
      else text += this.#repeated(this.#atom(anyCase))
    }
    return text
  }

  #atom(anyCase: boolean): string {
    const character = this.#take()
    if (character === '(') return this.#group(anyCase)
    if (character === '[') return this.#class(anyCase)
    if (character === '\\') return this.#escape(false)
    if (character === '^') return String.raw`(?<![^\n])`
    if (character === '$') return String.raw`(?![^\n])`
    if (character === '.') return String.raw`[^\n]`
    if (character === '{' || character === '}' || character === ']') return `\\${character}`
    return anyCase ? caseVariants(character) : character
  }

  #group(anyCase: boolean): string {
    const openings = [
      ['(?i:', '(?:', true],
      ['(?-i:', '(?:', false],
      ['(?:', '(?:', anyCase],
      ['(?=', '(?=', anyCase],
      ['(?!', '(?!', anyCase],
      ['(?<=', '(?<=', anyCase],
      ['(?<!', '(?<!', anyCase],
    ] as const
    this.#at--
    const opening = openings.find(([given]) => this.#peek(given))
    if (opening === undefined && this.#peek('(?')) {
      throw refusal(
        this.#pattern,
        `the group ${this.#pattern.slice(this.#at, this.#at + 4)} is not known here`,
      )
    }
    const [given, own, inner] = opening ?? ['(', '(?:', anyCase]
    this.#at += given.length
    const text = this.#alternatives(inner)
    if (!this.#peek(')')) throw refusal(this.#pattern, 'a bracket is not closed')
    this.#at++
    return `${own}${text})`
  }

  #class(anyCase: boolean): string {
    let text = '['
    if (this.#peek('^')) text += this.#take()
    let first = true
    while (first || !this.#peek(']')) {
      if (this.#at >= this.#pattern.length) throw refusal(this.#pattern, 'a class is not closed')
      if (this.#peek('[') || this.#peek('&&')) {
        throw refusal(this.#pattern, 'classes within classes are not known here')
      }
      const character = this.#take()
      first = false
      if (character === '\\') text += this.#escape(true)
      else if (character === '-') text += this.#isRange(text) ? '-' : '\\-'
      else if (syntaxCharacters.has(character)) text += `\\${character}`
      else text += anyCase ? caseVariants(character, true) : character
    }
    this.#at++
    return `${text}]`
  }

  /** Whether a hyphen that was just read stands between two signs. */
  #isRange(before: string): boolean {
    return before !== '[' && before !== '[^' && !this.#peek(']') && !/\\[pP]\{[^}]*\}$/.test(before)
  }

  #escape(inClass: boolean): string {
    if (this.#at >= this.#pattern.length) throw refusal(this.#pattern, 'it ends in a backslash')
    const character = this.#take()
    if (character === 'w' || character === 'W') {
      if (inClass && character === 'W')
        throw refusal(this.#pattern, String.raw`\W within a class is not known here`)
      return inClass ? wordCharacters : `[${character === 'W' ? '^' : ''}${wordCharacters}]`
    }
    const shorthand = shorthands[character]
    if (shorthand !== undefined) return inClass ? shorthand : `[${shorthand}]`
    if (character === 'p' || character === 'P') {
      const name = /^\{(\^?)([^}]*)\}/.exec(this.#pattern.slice(this.#at))
      if (name === null) throw refusal(this.#pattern, `\\${character} has no name in braces`)
      this.#at += name[0].length
      const negated = (character === 'P') !== (name[1] === '^')
      return `\\${negated ? 'P' : 'p'}{${scripts.has(name[2]!) ? `Script=${name[2]}` : name[2]}}`
    }
    if (character === 'A') return '(?<![^])'
    if (character === 'z') return '(?![^])'
    if (/[nrtfv]/.test(character)) return `\\${character}`
    if (character === 'u' || character === 'x') return `\\${character}`
    if (/[\p{L}\p{N}]/u.test(character)) throw refusal(this.#pattern, `\\${character} is not known here`)
    return syntaxCharacters.has(character) || (inClass && character === '-') ? `\\${character}` : character
  }

  /** What is read after an atom: `?`, `*`, `+` or `{…}`, then `?` for as few as will do, or `+` for nothing given back. */
  #repeated(atom: string): string {
    const count = /^(?:[?*+]|\{\d*,?\d*\})/.exec(this.#pattern.slice(this.#at))?.[0]
    if (count === undefined) return atom
    this.#at += count.length
    const times = /^\{,\d+\}$/.test(count) ? `{0${count.slice(1)}` : count
    if (this.#peek('?')) return atom + times + this.#take()
    if (!this.#peek('+')) return atom + times
    this.#at++
    // In Ruby's syntax `x{2}+` is a repetition of a repetition.
    if (count.startsWith('{')) return `(?:${atom}${times})+`
    const name = `whole${this.#groups++}`
    return `(?:(?=(?<${name}>${atom}${times}))\\k<${name}>)`
  }
}

const scripts = new Set([
  'Han',
  'Hangul',
  'Hiragana',
  'Katakana',
  'Latin',
  'Cyrillic',
  'Greek',
  'Arabic',
  'Thai',
])

/** A sign in all its cases, the long s among those of s and the Kelvin sign among those of k. */
function caseVariants(character: string, inClass = false): string {
  const others = new Set([character, character.toLowerCase(), character.toUpperCase()].filter(isOne))
  if (others.has('s')) others.add('\u017f')
  if (others.has('k')) others.add('\u212a')
  if (others.size === 1) return character
  return inClass ? [...others].join('') : `[${[...others].join('')}]`
}

function isOne(text: string): boolean {
  return [...text].length === 1
}
