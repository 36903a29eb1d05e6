import { displayWidth } from '../../runs/display-width.ts'

const narrow = /[ijl|!.,:;'`]/
const ratherNarrow = /[ ftr()[\]{}"\-/\\]/
const broad = /[mwMW@%<>=+~#]/
const upper = /[A-Z&]/

/** About how wide a text is in a usual sans-serif font of that size, rather too wide than too narrow. */
export function textWidth(text: string, size: number): number {
  let width = 0
  for (const character of text) {
    if (narrow.test(character)) width += 0.32
    else if (ratherNarrow.test(character)) width += 0.4
    else if (broad.test(character)) width += 0.93
    else if (upper.test(character)) width += 0.72
    else width += character <= '~' ? 0.61 : displayWidth(character) * 0.5 + 0.02
  }
  return width * size
}

/** The longest beginning of a text that is at most so wide, ending in … where something was cut. */
export function cutText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text
  let kept = ''
  const room = width - textWidth('…', size)
  for (const character of text) {
    if (textWidth(kept + character, size) > room) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}
