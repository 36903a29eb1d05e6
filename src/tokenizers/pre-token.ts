/**
 * GPT-2's pre-tokenization, by hand:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * `\s` means Unicode `White_Space`, as in the reference library (JavaScript's own `\s` takes U+FEFF and leaves U+0085).
 */
export const gpt2Expression =
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|` +
  String.raw`\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`

const letter = 1
const digit = 2
const space = 3
const other = 4

/** Class per code point, found on first sight; 0 is "not looked up yet". */
const classes = new Uint8Array(0x110000)

function classOf(codePoint: number): number {
  const known = classes[codePoint]!
  return known === 0 ? classify(codePoint) : known
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint)
  const found = /\p{L}/u.test(character)
    ? letter
    : /\p{N}/u.test(character)
      ? digit
      : /\p{White_Space}/u.test(character)
        ? space
        : other
  classes[codePoint] = found
  return found
}

/** The code point at `index`, read within `limit` UTF-16 units; an unpaired surrogate is itself. */
function codePointAt(text: Uint16Array, index: number, limit: number): number {
  const high = text[index]!
  if ((high & 0xfc00) !== 0xd800 || index + 1 >= limit) return high
  const low = text[index + 1]!
  return (low & 0xfc00) === 0xdc00 ? ((high - 0xd800) << 10) + low - 0xdc00 + 0x10000 : high
}

/** The length of `'s`, `'t`, `'re` … at an apostrophe, or 0. */
function contractionLength(text: Uint16Array, index: number, limit: number): number {
  if (index + 1 >= limit) return 0
  const first = String.fromCharCode(text[index + 1]!)
  if ('stmd'.includes(first)) return 2
  if (index + 2 >= limit) return 0
  const both = first + String.fromCharCode(text[index + 2]!)
  return both === 're' || both === 've' || both === 'll' ? 3 : 0
}

/**
 * Where the pre-token that begins at `start` ends (UTF-16 index), looking no further than `limit`.
 * Walking from 0 to the end of a text gives exactly the matches of {@link gpt2Expression}.
 */
export function preTokenEnd(text: Uint16Array, start: number, limit: number): number {
  let unit = text[start]!
  if (unit === 0x27) {
    const length = contractionLength(text, start, limit)
    if (length > 0) return start + length
  }
  let index = start
  if (unit === 0x20 && start + 1 < limit) {
    // One space belongs to the run after it, unless that is white space too.
    index = start + 1
    unit = text[index]!
    if (classOf(unit) === space) index = start
  }
  const kind = classOf(codePointAt(text, index, limit))
  while (index < limit) {
    const codePoint = codePointAt(text, index, limit)
    if (classOf(codePoint) !== kind) break
    index += codePoint > 0xffff ? 2 : 1
  }
  // The last white space before visible text goes with that text, or stands alone.
  return kind === space && index < limit && index - start > 1 ? index - 1 : index
}
