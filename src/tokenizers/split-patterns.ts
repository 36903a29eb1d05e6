/**
 * The split patterns of the vocabularies that most published models use, by hand: each scanner finds exactly the matches of
 * its pattern, several times as fast as `RegExp`. In all of them every character is in some match.
 */
import type { Scanner } from './scanner.ts'
import {
  codePointAt,
  kindOf,
  letter,
  lowercaseLetter,
  mark,
  numeral,
  otherCharacter,
  otherLetter,
  runEnd,
  uppercaseLetter,
  whiteSpace,
} from './unicode-classes.ts'

/** GPT-2's pattern; `\s` means Unicode `White_Space`. */
export const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

const contractions = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`
const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`

/** That of cl100k (GPT-4) and Llama 3. */
export const cl100kPattern = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|${spaces}`

/** That of Qwen 2 and 3: as cl100k, a digit at a time. */
export const qwenPattern = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|${spaces}`

/** That of o200k (GPT-4o). */
export const o200kPattern =
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+${contractions}?|` +
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*${contractions}?|` +
  String.raw`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${spaces}`

/** The scanner of a pattern, undefined for any other than those above. */
export function scannerOf(pattern: string): Scanner | undefined {
  return scanners.get(pattern)
}

const scanners: ReadonlyMap<string, Scanner> = new Map([
  [gpt2Pattern, scanGpt2],
  [cl100kPattern, modernScanner({ digits: 3, cased: false })],
  [qwenPattern, modernScanner({ digits: 1, cased: false })],
  [o200kPattern, modernScanner({ digits: 3, cased: true })],
])

const apostrophe = 0x27
const lineFeed = 0x0a
const carriageReturn = 0x0d
const slash = 0x2f
const visible = otherCharacter | mark

/** The scanner of {@link gpt2Pattern}. */
export function scanGpt2(text: Uint16Array, start: number, limit: number): number {
  if (text[start] === apostrophe) {
    const end = contractionEnd(text, start, limit, false)
    if (end > start) return end
  }
  // One space belongs to the run after it, unless that is white space too.
  const index = text[start] === 0x20 && start + 1 < limit ? start + 1 : start
  const kind = kindOf(codePointAt(text, index, limit))
  if (kind & letter) return runEnd(text, index, limit, letter)
  if (kind & visible) return runEnd(text, index, limit, visible)
  if (kind & numeral) return runEnd(text, index, limit, numeral)
  return spaceEnd(start, runEnd(text, start, limit, whiteSpace), limit)
}

/** `cased`: words end where a lower-case letter is followed by another, and take a contraction with them. */
function modernScanner({ digits, cased }: { digits: number; cased: boolean }): Scanner {
  return (text, start, limit) => {
    const first = codePointAt(text, start, limit)
    const kind = kindOf(first)
    if (!cased && first === apostrophe) {
      const end = contractionEnd(text, start, limit, true)
      if (end > start) return end
    }
    // A mark counts as a letter without case there.
    if (cased && kind & (letter | mark)) return casedWordEnd(text, start, limit)
    if (kind & letter) return runEnd(text, start, limit, letter)
    if (kind & numeral) {
      let end = start
      for (let count = 0; count < digits && end < limit; count++) {
        const codePoint = codePointAt(text, end, limit)
        if (kindOf(codePoint) !== numeral) break
        end += codePoint > 0xffff ? 2 : 1
      }
      return end
    }
    const isLineEnd = first === lineFeed || first === carriageReturn
    const second = start + (first > 0xffff ? 2 : 1)
    if (!isLineEnd) {
      // One sign or space that is no line end belongs to the word after it.
      const end = cased ? casedWordEnd(text, second, limit) : runEnd(text, second, limit, letter)
      if (end > second) return end
    }
    const from = first === 0x20 && second < limit ? second : start
    let end = runEnd(text, from, limit, visible)
    if (end > from) {
      while (end < limit && isTail(text[end]!, cased)) end++
      return end
    }
    end = runEnd(text, start, limit, whiteSpace)
    for (let last = end - 1; last >= start; last--) {
      if (text[last] === lineFeed || text[last] === carriageReturn) return last + 1
    }
    return spaceEnd(start, end, limit)
  }
}

function isTail(unit: number, cased: boolean): boolean {
  return unit === lineFeed || unit === carriageReturn || (cased && unit === slash)
}

/** The last white space before visible text goes with that text, or stands alone. */
function spaceEnd(start: number, end: number, limit: number): number {
  return end < limit && end - start > 1 ? end - 1 : end
}

const lower = lowercaseLetter | otherLetter | mark
const upper = uppercaseLetter | otherLetter | mark

/**
 * `[upper]*[lower]+` or else `[upper]+[lower]*`, and a contraction; `start` where neither matches. What has no case is both, and
 * a pattern gives back no more than it must: without a lower-case letter, the word ends after the last character without case.
 */
function casedWordEnd(text: Uint16Array, start: number, limit: number): number {
  const upperEnd = runEnd(text, start, limit, upper)
  const lowerEnd = runEnd(text, upperEnd, limit, lower)
  const end = lowerEnd > upperEnd ? lowerEnd : lastUncasedEnd(text, start, upperEnd)
  return end === start ? start : contractionEnd(text, end, limit, true)
}

/** The end of the last character without case before `limit`, which itself is the answer where there is none. */
function lastUncasedEnd(text: Uint16Array, start: number, limit: number): number {
  let end = limit
  for (let index = start; index < limit;) {
    const codePoint = codePointAt(text, index, limit)
    index += codePoint > 0xffff ? 2 : 1
    if (kindOf(codePoint) & lower) end = index
  }
  return end
}

/** The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `index`, which itself is the answer where there is none. */
function contractionEnd(text: Uint16Array, index: number, limit: number, anyCase: boolean): number {
  if (index + 1 >= limit || text[index] !== apostrophe) return index
  const first = asciiLetter(text[index + 1]!, anyCase)
  if (first === 's' || first === 't' || first === 'm' || first === 'd') return index + 2
  if (index + 2 >= limit || (first !== 'r' && first !== 'v' && first !== 'l')) return index
  return asciiLetter(text[index + 2]!, anyCase) === (first === 'l' ? 'l' : 'e') ? index + 3 : index
}

function asciiLetter(unit: number, anyCase: boolean): string {
  if (!anyCase) return String.fromCharCode(unit)
  // The long s is an s when case is passed over.
  return unit === 0x17f ? 's' : String.fromCharCode(unit).toLowerCase()
}
