import { replaceCounted, type Changes } from './changes.ts'

const invisible =
  // oxlint-disable-next-line no-misleading-character-class
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]|\u{e0001}|[\u{e0020}-\u{e007f}\u{e0100}-\u{e01ef}]/gu

const pictograph = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/u
const canBePictograph = /[\p{Emoji}]/u
/** Scripts whose letters take other shapes beside a joiner. */
const joining =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** Scripts that write no spaces and may mark a word's end by a zero-width one. */
const unspaced = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const conjoining = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7fb]/
/** Chinese characters, mathematical signs and others that a standard variation is defined for. */
const hasVariations = /[\p{Ideographic}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Myanmar}\p{Sm}]/u

/**
 * Without characters that nobody sees: zero-width spaces and joiners, soft hyphens, byte order marks, direction marks,
 * fillers, variation selectors, tags. They stay where they mean something: joiners in emoji and between letters of
 * Arabic and Indic scripts, zero-width spaces in Thai and its neighbours, direction marks in a text with right-to-left
 * letters, selectors behind what has variations, the tags of a flag, fillers of old Korean. Kind `zero-width`.
 */
export function removeInvisible(text: string, changes: Changes = {}): string {
  let directed: boolean | undefined
  return replaceCounted(
    text,
    invisible,
    ([match], at, whole) => {
      const code = match!.codePointAt(0)!
      const isDirection =
        code === 0x61c ||
        (code >= 0x200e && code <= 0x200f) ||
        (code >= 0x202a && code <= 0x202e) ||
        (code >= 0x2066 && code <= 0x2069)
      if (isDirection) {
        directed ??= rightToLeft.test(whole)
        return directed ? match! : ''
      }
      return means(code, characterBefore(whole, at), characterFrom(whole, at + match!.length)) ? match! : ''
    },
    changes,
    'zero-width',
  )
}

function means(code: number, before: string, after: string): boolean {
  if (code === 0x200d) {
    if (joining.test(before)) return true
    return pictograph.test(after) && (pictograph.test(before) || before === '\ufe0f')
  }
  if (code === 0x200c) return joining.test(before) && joining.test(after)
  if (code === 0x200b) return unspaced.test(before) && unspaced.test(after)
  if (code === 0x115f || code === 0x1160) return conjoining.test(before) || conjoining.test(after)
  if (code === 0xfe0e || code === 0xfe0f) return canBePictograph.test(before)
  if (code >= 0xfe00 && code <= 0xfe0d) return hasVariations.test(before)
  if (code >= 0x180b && code <= 0x180f) return joining.test(before)
  if (code >= 0xe0100) return hasVariations.test(before)
  // The tags of a flag follow a black flag, one after the other.
  if (code >= 0xe0020) return before === '\u{1f3f4}' || /[\u{e0020}-\u{e007e}]/u.test(before)
  return code === 0x17b4 || code === 0x17b5 ? unspaced.test(before) : false
}

function characterBefore(text: string, at: number): string {
  if (at === 0) return ''
  const low = text.charCodeAt(at - 1)
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? text.slice(at - 2, at) : text[at - 1]!
}

function characterFrom(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : ''
}
