/** What a character counts as, as bits. */
export const characterClass = {
  /** Separates words, as Python's `str.isspace` has it. */
  space: 1,
  letter: 2,
  /** Punctuation, symbols and control characters: a word of these alone is none. */
  symbol: 4,
  /** A letter of Hangul: a syllable or a jamo. */
  hangul: 8,
  /** The first half of a character beyond the first plane; its class is that of the whole, see `classOfPair`. */
  surrogate: 16,
  digit: 32,
} as const

// oxlint-disable-next-line no-control-regex
const space = /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/
const symbol = /[\p{P}\p{S}\p{Cc}\p{Cf}]/u

function classOf(character: string): number {
  if (space.test(character)) return characterClass.space
  if (/\p{L}/u.test(character)) {
    return characterClass.letter | (/\p{Script=Hangul}/u.test(character) ? characterClass.hangul : 0)
  }
  if (symbol.test(character)) return characterClass.symbol
  return /\p{Nd}/u.test(character) ? characterClass.digit : 0
}

let table: Uint8Array | undefined

/** The class of every code unit, made on first use. */
export function characterClasses(): Uint8Array {
  if (table === undefined) {
    table = new Uint8Array(0x10000)
    // Hangul syllables are a sixth of all, and all alike.
    table.fill(characterClass.letter | characterClass.hangul, 0xac00, 0xd7a4)
    for (let code = 0; code < 0x10000; code++) {
      if (code >= 0xac00 && code < 0xd7a4) continue
      table[code] =
        code >= 0xd800 && code < 0xe000 ? characterClass.surrogate : classOf(String.fromCharCode(code))
    }
  }
  return table
}

/** The class of the character whose first half stands at `at`. */
export function classOfPair(text: string, at: number): number {
  return classOf(String.fromCodePoint(text.codePointAt(at)!))
}
