/*
 * One pass over a text that says which kinds of finding are possible at all, so that most texts are let go at once and an
 * expression runs only where it could match.
 */

/** Signs of personal data, as bits. */
export const signs = {
  /** Seven or more digits with nothing but separators between them. */
  numbers: 1,
  at: 2,
  /** `://`. */
  scheme: 4,
  /** Four numbers joined by full stops. */
  dotted: 8,
  /** A public IPv6 address may start: `2` or `3`, three hexadecimal digits and a colon. */
  colons: 16,
  /** A digit within sixteen or more letters and digits, or the start of a private key. */
  token: 32,
  koreanAddress: 64,
  englishAddress: 128,
  plate: 256,
  /** A capital letter before three or more digits. */
  letterNumber: 512,
  /** A number of four, six or eight digits, or one before a month or a day. */
  date: 1024,
  /** Any digit outside a mark such as `#Person1#`. */
  digit: 2048,
} as const

/** Any character that `foldCharacters` would change, next to digits. */
const foldable = 1 << 30

const beforeAddressNumber = new Set([...'로길동가리산읍면하호'].map((letter) => letter.charCodeAt(0)))
const plateLetters =
  '가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호육공국합'
export const plateLetterClass = `[${plateLetters}]`
const plateLetterSet = new Set([...plateLetters].map((letter) => letter.charCodeAt(0)))

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

function isSeparator(code: number): boolean {
  // Space, ( ) - . and the slash and middle dot that some write phone numbers with.
  return (
    code === 32 || code === 45 || code === 46 || code === 40 || code === 41 || code === 47 || code === 0xb7
  )
}

function isTokenCharacter(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 95 || code === 45
}

function isFoldable(code: number): boolean {
  if (code < 0x2000) return code === 0xa0
  if (code > 0xff00) return code < 0xff5f
  return (
    code <= 0x200a ||
    (code >= 0x2010 && code <= 0x2015) ||
    code === 0x202f ||
    code === 0x2212 ||
    code === 0x3000
  )
}

/** What the character at each place would be typed as on a plain keyboard; as long as the text, so places agree. */
export function foldCharacters(text: string): string {
  return text.replace(/[\u00a0\u2000-\u200a\u2010-\u2015\u202f\u2212\u3000\uff01-\uff5e]/g, (character) => {
    const code = character.charCodeAt(0)
    if (code >= 0xff01) return String.fromCharCode(code - 0xfee0)
    return (code >= 0x2010 && code <= 0x2015) || code === 0x2212 ? '-' : ' '
  })
}

/** The signs in a text, and the text itself with full-width digits, dashes and wide spaces folded where it holds digits. */
export function readSigns(text: string): { found: number; text: string } {
  const found = scan(text)
  if ((found & foldable) === 0) return { found, text }
  if (!/[0-9@\uff10-\uff19\uff20]/.test(text)) return { found: found & ~foldable, text }
  const folded = foldCharacters(text)
  return { found: scan(folded) & ~foldable, text: folded }
}

function scan(text: string): number {
  const { length } = text
  let found = 0
  let chainDigits = 0
  let dots = 0
  // Where the last run of digits ended, and whether only separators followed it so far.
  let lastEnd = -1
  let joined = false
  for (let i = 0; i < length;) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) {
      if (code >= 0xa0) {
        if (isFoldable(code)) found |= foldable
      } else if (code === 64) found |= signs.at
      else if (code === 58) {
        if (text.charCodeAt(i + 1) === 47 && text.charCodeAt(i + 2) === 47) found |= signs.scheme
      } else if (code === 45 && text.charCodeAt(i + 1) === 45 && text.startsWith('-----BEGIN', i)) {
        found |= signs.token
      }
      if (joined && !(isSeparator(code) && i - lastEnd < 4)) joined = false
      i++
      continue
    }
    let end = i + 1
    while (end < length && isDigit(text.charCodeAt(end))) end++
    const before = i > 0 ? text.charCodeAt(i - 1) : 0
    const after = end < length ? text.charCodeAt(end) : 0
    const size = end - i
    if (after === 35 && isLetter(before)) {
      // `#Person1#` and the like.
      i = end
      joined = false
      continue
    }
    if (joined) {
      chainDigits += size
      dots = i - lastEnd === 1 && before === 46 ? dots + 1 : 0
    } else {
      chainDigits = size
      dots = 0
    }
    found |= signs.digit
    if (chainDigits >= 7) found |= signs.numbers
    if (dots >= 3) found |= signs.dotted
    if (
      isLetter(before) ||
      isLetter(after) ||
      before === 95 ||
      before === 45 ||
      after === 95 ||
      after === 45
    ) {
      found |= tokenSigns(text, i, end, size)
    }
    const left = before === 32 && i > 1 ? text.charCodeAt(i - 2) : before
    if (left >= 0xac00 && beforeAddressNumber.has(left)) found |= signs.koreanAddress
    if (size === 2 || size === 3) found |= plateSign(text, end)
    if (after >= 0xac00) {
      if (after === 0xb3d9) found |= signs.koreanAddress
      if (after === 0xb144 || after === 0xc6d4) found |= signs.date
    } else if (size <= 6 && after === 32 && beforeStreet(text.charCodeAt(end + 1))) {
      found |= signs.englishAddress
    }
    if (before === 32 && (text.charCodeAt(i - 2) | 32) === 120) found |= signs.englishAddress
    if (size === 4 || size === 6 || size === 8 || (size <= 2 && (after === 32 || isLetter(after))))
      found |= signs.date
    lastEnd = end
    joined = true
    i = end
  }
  return found
}

/** `Street` starts with a capital letter, and so do directions; `5th` with a digit. */
function beforeStreet(code: number): boolean {
  return (code >= 65 && code <= 90) || isDigit(code)
}

function plateSign(text: string, end: number): number {
  const letter = text.charCodeAt(end) === 32 ? end + 1 : end
  if (!plateLetterSet.has(text.charCodeAt(letter))) return 0
  const start = text.charCodeAt(letter + 1) === 32 ? letter + 2 : letter + 1
  for (let k = 0; k < 4; k++) if (!isDigit(text.charCodeAt(start + k))) return 0
  return signs.plate
}

function tokenSigns(text: string, start: number, end: number, size: number): number {
  let found = 0
  const before = start > 0 ? text.charCodeAt(start - 1) : 0
  if (size >= 3 && before >= 65 && before <= 90) found |= signs.letterNumber
  const first = text.charCodeAt(start)
  if (first === 50 || first === 51) {
    let hexadecimal = start + 1
    while (hexadecimal < start + 4 && /[0-9a-f]/i.test(text[hexadecimal] ?? '')) hexadecimal++
    if (hexadecimal === start + 4 && text.charCodeAt(hexadecimal) === 58) found |= signs.colons
  }
  let from = start
  let to = end
  while (from > 0 && end - from < 16 && isTokenCharacter(text.charCodeAt(from - 1))) from--
  while (to < text.length && to - from < 16 && isTokenCharacter(text.charCodeAt(to))) to++
  if (to - from >= 16) found |= signs.token
  return found
}
