import { accentedSyllables, cp949Table, mojibakeHanja, strictlyDecoded } from './byte-encodings.ts'
import type { Repaired } from './mojibake-utf8.ts'

const highRun = /[\u0080-\u00ff]+/g
const smallLetter = /[a-z]/
const letter = /[\u00c0-\u00fe]/
const sign = /[\u00a1-\u00bf]/
/** What a text that is Korean after the repair may consist of. */
const koreanText = /^[\p{ASCII}가-힣ㄱ-ㅣ、-〟‘-‟…·~ⓐ-ⓩ①-⑳！-～♡♥★☆]*$/u

/** Undoes a confusion of CP949 with Latin-1, or of UTF-8 with CP949; undefined where nothing is certain. */
export function repairKorean(text: string): Repaired | undefined {
  return cp949ReadAsLatin(text) ?? utf8ReadAsCp949(text) ?? accentsReadAsCp949(text)
}

/**
 * `¾È³çÇÏ¼¼¿ä`: every run of Latin-1 in the text must be pairs of CP949 that give syllables or Korean punctuation, two syllables in
 * a row at least, out of both signs and letters, which sound text does not mix so, and not UTF-8.
 */
function cp949ReadAsLatin(text: string): Repaired | undefined {
  if (!sign.test(text) || !letter.test(text)) return undefined
  let count = 0
  let places = 0
  let isSure = true
  let isUtf8 = true
  let hasWord = false
  const { characters } = cp949Table()
  const result = text.replace(highRun, (run, start: number) => {
    let korean = ''
    // Accents belong to small letters beside them: `¿Él? ¿Ése?`.
    if (smallLetter.test(text[start - 1] ?? '') || smallLetter.test(text[start + run.length] ?? ''))
      isSure = false
    for (let at = 0; at < run.length; at += 2) {
      const lead = run.charCodeAt(at)
      const trail = at + 1 < run.length ? run.charCodeAt(at + 1) : 0
      // Rows of KS X 1001: signs 0xa1 to 0xa3, syllables 0xb0 to 0xc8.
      const isSyllable = lead >= 0xb0 && lead <= 0xc8
      const character = trail < 0xa1 ? undefined : characters.get((lead << 8) | trail)
      if (character === undefined || !(isSyllable || (lead >= 0xa1 && lead <= 0xa3))) {
        isSure = false
        return run
      }
      if (isSyllable) count += 1
      korean += character
    }
    isUtf8 &&= strictlyDecoded(Array.from(run, (character) => character.charCodeAt(0))) !== undefined
    hasWord ||= run.length >= 4
    places += 1
    return korean
  })
  return isSure && !isUtf8 && hasWord && count >= 2 ? { text: result, places } : undefined
}

/** Every byte of the text kept: written back as CP949 it is UTF-8 that holds two syllables and nothing but Korean. */
function utf8ReadAsCp949(text: string): Repaired | undefined {
  if (!hanjaOfLead().test(text)) return undefined
  const { bytes } = cp949Table()
  const encoded: number[] = []
  for (const character of text) {
    const code = character.charCodeAt(0)
    if (code < 0x80) {
      encoded.push(code)
      continue
    }
    const pair = bytes.get(character)
    if (pair === undefined) return undefined
    encoded.push(pair >> 8, pair & 0xff)
  }
  const decoded = strictlyDecoded(encoded)
  if (decoded === undefined || !koreanText.test(decoded)) return undefined
  const count = decoded.match(/[가-힣]/g)?.length ?? 0
  return count >= 2 ? { text: decoded, places: 1 } : undefined
}

/** `M체nchen`, `Beyonc챕`: a syllable whose two bytes are an accented letter, between Latin letters or at the end of a word. */
function accentsReadAsCp949(text: string): Repaired | undefined {
  let places = 0
  syllables ??= new RegExp(`[${accentedSyllables()}]`, 'g')
  const result = text.replace(syllables, (syllable, at: number) => {
    const before = text.slice(Math.max(0, at - 2), at)
    const after = text[at + 1] ?? ''
    // 챕 is é, by far the most frequent, and no word or ending of Korean.
    const isAccent = /[a-z]/.test(after)
      ? /[A-Za-z]$/.test(before)
      : syllable === '챕' && /^[a-z]{2}$/.test(before) && !/[가-힣A-Z]/.test(after)
    const pair = isAccent ? cp949Table().bytes.get(syllable) : undefined
    const accented = pair === undefined ? undefined : strictlyDecoded([pair >> 8, pair & 0xff])
    if (accented === undefined) return syllable
    places += 1
    return accented
  })
  return places === 0 ? undefined : { text: result, places }
}

let syllables: RegExp | undefined
let hanja: RegExp | undefined

/** The Chinese characters that the first two bytes of a syllable in UTF-8 are in CP949. */
function hanjaOfLead(): RegExp {
  return (hanja ??= new RegExp(`[${mojibakeHanja()}]`))
}
