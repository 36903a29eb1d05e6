const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const printableAscii = /^[\x20-\x7e]*$/
const invisible = /^[\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Zl}\p{Zp}]/u
const emoji = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u
/** East Asian Wide and Fullwidth blocks (Unicode Standard Annex 11), first and last code point. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
]

/** Columns that `text` takes on a terminal; a Korean syllable takes two, also one spelled in jamo (NFD). */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The longest beginning of `text` that takes at most `columns`, ending in … where something was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let width = 1
  let kept = ''
  for (const { segment } of segmenter.segment(text)) {
    width += graphemeWidth(segment)
    if (width > columns) break
    kept += segment
  }
  return columns > 0 ? `${kept}…` : ''
}

function graphemeWidth(grapheme: string): number {
  if (emoji.test(grapheme)) return 2
  if (invisible.test(grapheme)) return 0
  const code = grapheme.codePointAt(0)!
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}
