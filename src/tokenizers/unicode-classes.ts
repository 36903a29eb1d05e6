/**
 * What kind of character each code point is, as the patterns of pre-tokenizers ask: by Unicode's general categories and
 * `White_Space`, as the reference libraries do (JavaScript's own `\s` takes U+FEFF and leaves U+0085).
 */

/** Ll. */
export const lowercaseLetter = 1
/** Lu and Lt. */
export const uppercaseLetter = 2
/** Lm and Lo: Hangul, kana, ideographs and all else without case. */
export const otherLetter = 4
/** M: combining marks. */
export const mark = 8
/** N. */
export const numeral = 16
/** `White_Space`: all of them below U+10000. */
export const whiteSpace = 32
/** Whatever is left: punctuation, symbols, controls, what is not assigned, half a surrogate pair. */
export const otherCharacter = 64

export const letter = lowercaseLetter | uppercaseLetter | otherLetter

const kinds: readonly (readonly [RegExp, number])[] = [
  [/\p{Ll}/u, lowercaseLetter],
  [/[\p{Lu}\p{Lt}]/u, uppercaseLetter],
  [/\p{L}/u, otherLetter],
  [/\p{M}/u, mark],
  [/\p{N}/u, numeral],
  [/\p{White_Space}/u, whiteSpace],
]

/** Kind per code point, found on first sight; 0 is "not looked up yet". */
const known = new Uint8Array(0x110000)

/** The kind of a code point, one of the numbers above. */
export function kindOf(codePoint: number): number {
  const kind = known[codePoint]!
  return kind === 0 ? classify(codePoint) : kind
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint)
  const kind = kinds.find(([pattern]) => pattern.test(character))?.[1] ?? otherCharacter
  known[codePoint] = kind
  return kind
}

/** The code point at `index`, read within `limit` UTF-16 units; an unpaired surrogate is itself. */
export function codePointAt(text: Uint16Array, index: number, limit: number): number {
  const high = text[index]!
  if ((high & 0xfc00) !== 0xd800 || index + 1 >= limit) return high
  const low = text[index + 1]!
  return (low & 0xfc00) === 0xdc00 ? ((high - 0xd800) << 10) + low - 0xdc00 + 0x10000 : high
}

/** Where the run of characters of the given kinds (a sum of them) that begins at `index` ends. */
export function runEnd(text: Uint16Array, index: number, limit: number, kinds: number): number {
  while (index < limit) {
    const unit = text[index]!
    if ((unit & 0xfc00) !== 0xd800) {
      if ((kindOf(unit) & kinds) === 0) break
      index++
    } else {
      const codePoint = codePointAt(text, index, limit)
      if ((kindOf(codePoint) & kinds) === 0) break
      index += codePoint > 0xffff ? 2 : 1
    }
  }
  return index
}
