/** Edits (insertions, deletions, replacements of one character) between two words (Levenshtein 1966). */
export function editDistance(from: string, to: string): number {
  const a = [...from]
  const b = [...to]
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of a.entries()) {
    const next = [i + 1]
    for (const [j, other] of b.entries()) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** Jamo are compared, so that one wrong vowel of a Korean name is one edit; case, `_`, `-` and spaces do not count. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[\s_-]/g, '')
}

/**
 * The candidate most like `name`, for messages such as "did you mean …?", or undefined where none is near: more
 * than half of the letters would have to change.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let fewest = Infinity
  for (const candidate of candidates) {
    const distance = editDistance(plain(name), plain(candidate))
    const limit = Math.max(plain(name).length, plain(candidate).length) / 2
    if (distance <= limit && distance < fewest) {
      best = candidate
      fewest = distance
    }
  }
  return best
}
