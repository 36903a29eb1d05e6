/**
 * Finds pre-tokens one after another without making strings: where the one that begins at `start` ends (UTF-16), looking no
 * further than `limit`. The complement of the end, `~end`, where the stretch is dropped, as white space is before WordPiece.
 */
export type Scanner = (text: Uint16Array, start: number, limit: number) => number

/** The pieces of a text that a scanner keeps. */
export function scanText(scanner: Scanner, text: string): string[] {
  const units = new Uint16Array(text.length)
  for (let index = 0; index < text.length; index++) units[index] = text.charCodeAt(index)
  const pieces: string[] = []
  for (let start = 0; start < text.length;) {
    const found = scanner(units, start, text.length)
    const end = found < 0 ? ~found : found
    if (found >= 0) pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}
