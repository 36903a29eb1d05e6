/** How many places of a text were changed, by kind, such as `{ 'zero-width': 2 }`. */
export type Changes = Record<string, number>

/** Adds places of a kind; none leaves no trace. */
export function addChanges(changes: Changes, kind: string, places: number): void {
  if (places > 0) changes[kind] = (changes[kind] ?? 0) + places
}

/**
 * Replaces what a global expression finds and counts every place that became another. The replacement is told the match with
 * its groups, where it starts, and the whole text. A string must be another than what it replaces, and hold no `$`.
 */
export function replaceCounted(
  text: string,
  pattern: RegExp,
  replacement: string | ((match: readonly string[], at: number, whole: string) => string),
  changes: Changes,
  kind: string,
): string {
  // Much faster than by calls where there are many places, as of line ends.
  if (typeof replacement === 'string') {
    const found = text.match(pattern)
    if (found === null) return text
    addChanges(changes, kind, found.length)
    return text.replace(pattern, replacement)
  }
  let places = 0
  const result = text.replace(pattern, (...found: unknown[]) => {
    const groups = found.findIndex((part) => typeof part === 'number')
    const match = found.slice(0, groups) as string[]
    const becomes = replacement(match, found[groups] as number, text)
    if (becomes !== match[0]) places += 1
    return becomes
  })
  addChanges(changes, kind, places)
  return places === 0 ? text : result
}
