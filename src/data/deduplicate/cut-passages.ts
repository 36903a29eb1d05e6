/** Units by which a cut may give way so that it leaves whole words. */
const mostGiven = 30

const wordCharacter = /[\p{L}\p{M}\p{N}]/u
const joiner = /[\p{M}\u200d]/u

/** Whether a cut before the unit at `at` would part a character, or what is written as one. */
function partsCharacter(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false
  if (isLowSurrogate(text.charCodeAt(at))) return true
  // Marks belong to what they stand on; joiners and variation selectors hold emoji together.
  return joiner.test(text[at]!) || text[at - 1] === '\u200d'
}

function partsWord(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false
  const last = at - (isLowSurrogate(text.charCodeAt(at - 1)) ? 2 : 1)
  return [last, at].every((place) =>
    wordCharacter.test(String.fromCodePoint(text.codePointAt(Math.max(0, place))!)),
  )
}

/**
 * The stretch made so much smaller that it begins and ends between words, where such a place is near; otherwise between
 * characters, as in scripts that write words together.
 */
export function betweenWords(text: string, start: number, end: number): [start: number, end: number] {
  return [nearestBetween(text, start, 1, end), nearestBetween(text, end, -1, start)]
}

function nearestBetween(text: string, at: number, step: 1 | -1, limit: number): number {
  let between: number | undefined
  for (let place = at; step > 0 ? place < limit : place > limit; place += step) {
    const given = Math.abs(place - at)
    if (between !== undefined && given > mostGiven) break
    if (partsCharacter(text, place)) continue
    if (!partsWord(text, place)) return place
    between ??= place
  }
  return between ?? limit
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000
}

/**
 * The text without these stretches, which are in order and do not touch. What stood before and behind one is set apart by a line
 * end where it was, by a space otherwise. One that is hardly there once it leaves whole words stays.
 */
export function cutPassages(
  text: string,
  passages: readonly { readonly start: number; readonly end: number }[],
): { text: string; cut: number } {
  const pieces: string[] = []
  let from = 0
  let cut = 0
  for (const passage of passages) {
    const [start, end] = betweenWords(text, passage.start, passage.end)
    if (end - start < (passage.end - passage.start) / 2) continue
    pieces.push(text.slice(from, start))
    from = end
    cut++
  }
  if (cut === 0) return { text, cut }
  pieces.push(text.slice(from))
  return { text: pieces.reduce(joined), cut }
}

function joined(before: string, behind: string): string {
  const [left, right] = [before.trimEnd(), behind.trimStart()]
  if (left === '' || right === '') return left + right
  const space = before.slice(left.length) + behind.slice(0, behind.length - right.length)
  return `${left}${space.includes('\n') ? '\n' : ' '}${right}`
}
