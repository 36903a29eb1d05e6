// One look at every character says which parts of the cleaning have anything to do, so that most of them never start.
import { accentedSyllables, mojibakeHanja } from './byte-encodings.ts'
import { lookAlikeLetters } from './look-alikes.ts'
import { emoticonSigns, repeatableMarks } from './repeated-marks.ts'

/** What a text holds, as bits of `Survey.found`. */
export const holds = {
  lineEnd: 1 << 0,
  control: 1 << 1,
  /** Not surely in normal form C. */
  form: 1 << 2,
  conjoining: 1 << 3,
  width: 1 << 4,
  invisible: 1 << 5,
  lookAlike: 1 << 6,
  /** Letters of the upper half of Latin-1, of which mojibake has at least one. */
  latin1: 1 << 7,
  /** A Chinese character as the first bytes of a syllable in UTF-8 make them in CP949. */
  cp949: 1 << 8,
  latinLetter: 1 << 9,
  markup: 1 << 10,
  unusualSpace: 1 << 11,
  space: 1 << 12,
  jamo: 1 << 13,
  numberSign: 1 << 14,
  mark: 1 << 15,
  emoji: 1 << 16,
  lineFeed: 1 << 17,
  /** First syllables of the particles that `repairSpacingFaults` knows, and marks that end a clause. */
  joined: 1 << 18,
  /** Two spaces in a row, or a space beside a line end. */
  spaces: 1 << 19,
  /** One of these behind a space. */
  apart: 1 << 20,
  /** A syllable as an accented letter in UTF-8 makes them in CP949. */
  accentSyllable: 1 << 21,
  syllable: 1 << 22,
  /** What emoticons are made of. */
  sign: 1 << 23,
} as const

export interface Survey {
  found: number
  /** Marks and jamo that follow the same character. */
  repeated: number
  /** Signs and halves of emoji that follow one of them. */
  pairs: number
}

let classes: Uint32Array | undefined

/** Looks at a text once; the result is the same object each time. */
export function survey(text: string): Survey {
  const table = (classes ??= characterClasses())
  const { space, joined, sign } = holds
  const repeatable = holds.mark | holds.jamo
  const breaks = space | holds.lineFeed
  let found = 0
  let repeated = 0
  let pairs = 0
  let before = 0
  let beforeClass = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const own = table[code]!
    found |= own
    if ((own & beforeClass & sign) !== 0) pairs += 1
    if (code === before && (own & repeatable) !== 0) repeated += 1
    if ((beforeClass & space) !== 0) {
      if ((own & breaks) !== 0) found |= holds.spaces
      if ((own & joined) !== 0) found |= holds.apart
    }
    before = code
    beforeClass = own
  }
  result.found = found
  result.repeated = repeated
  result.pairs = pairs
  return result
}

const result: Survey = { found: 0, repeated: 0, pairs: 0 }

function characterClasses(): Uint32Array {
  const table = new Uint32Array(0x10000)
  const range = (from: number, to: number, bit: number) => {
    for (let code = from; code <= to; code++) table[code]! |= bit
  }
  const each = (characters: string, bit: number) => {
    for (let index = 0; index < characters.length; index++) table[characters.charCodeAt(index)]! |= bit
  }
  range(0x00, 0x08, holds.control)
  range(0x0e, 0x1f, holds.control)
  range(0x7f, 0x9f, holds.control)
  each('\ufeff', holds.control)
  each('\r\u000b\u000c\u0085\u2028\u2029', holds.lineEnd)
  each('\n', holds.lineFeed)
  each(' \t', holds.space)
  each('<&', holds.markup)
  each('#＃', holds.numberSign)
  each('를에으까부처조한께입이.,!?', holds.joined)
  each(emoticonSigns, holds.sign)
  range(0xd83c, 0xd83e, holds.sign)
  range(0xdc00, 0xdfff, holds.sign)
  range(0x2300, 0x2bff, holds.sign)
  each('\ufe0f', holds.sign)
  each(repeatableMarks, holds.mark)
  each(':()', holds.mark)
  each(lookAlikeLetters.join(''), holds.lookAlike)
  range(0x41, 0x5a, holds.latinLetter)
  range(0x61, 0x7a, holds.latinLetter)
  range(0xc0, 0xff, holds.latin1)
  range(0xac00, 0xd7a3, holds.syllable)
  range(0xff01, 0xffdc, holds.width)
  range(0x3131, 0x3163, holds.jamo)
  range(0x1100, 0x11ff, holds.conjoining)
  range(0xa960, 0xa97f, holds.conjoining)
  range(0xd7b0, 0xd7fb, holds.conjoining)
  each('\u00a0\u1680\u202f\u205f\u3000\u3164\uffa0', holds.unusualSpace)
  range(0x2000, 0x200a, holds.unusualSpace)
  range(0x2300, 0x2bff, holds.emoji)
  range(0xd83c, 0xd83e, holds.emoji)
  each(invisibleUnits(), holds.invisible)
  each(mojibakeHanja(), holds.cp949)
  each(accentedSyllables(), holds.accentSyllable)
  markUnsureForm(table)
  return table
}

function invisibleUnits(): string {
  const codes = [
    0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0xfeff, 0xfff9, 0xfffa, 0xfffb,
    // Tags and selectors beyond the basic plane share these first halves.
    0xdb40,
  ]
  const ranges = [
    [0x180b, 0x180f],
    [0x200b, 0x200f],
    [0x202a, 0x202e],
    [0x2060, 0x206f],
    [0xfe00, 0xfe0f],
  ] as const
  for (const [from, to] of ranges) for (let code = from; code <= to; code++) codes.push(code)
  return String.fromCharCode(...codes)
}

/** A character may change in normal form C if it does so alone or can combine with one before it. */
function markUnsureForm(table: Uint32Array): void {
  const combining = /\p{M}/u
  for (let code = 0xc0; code < 0x10000; code++) {
    if (code >= 0xac00 && code < 0xd7b0) continue
    if (code >= 0xd800 && code < 0xe000) {
      // Of what lies beyond the basic plane emoji alone are common, and none of them changes.
      if (code < 0xdc00 && (code < 0xd83c || code > 0xd83e)) table[code]! |= holds.form
      continue
    }
    const character = String.fromCharCode(code)
    const combines = (code >= 0x1161 && code <= 0x11c2) || combining.test(character)
    if (combines || character.normalize('NFC') !== character) table[code]! |= holds.form
  }
}
