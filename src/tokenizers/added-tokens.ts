/** An entry of `added_tokens` in `tokenizer.json`. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Whether white space before or after it is taken with it. */
  readonly lstrip: boolean
  readonly rstrip: boolean
}

/**
 * Cuts text at added tokens: text stays a string, a token becomes its id. The leftmost token first, the longest of those
 * that begin there.
 */
export function cutAtAddedTokens(tokens: readonly AddedToken[]): (text: string) => (string | number)[] {
  if (tokens.length === 0) return (text) => [text]
  const byContent = new Map(tokens.map((token) => [token.content, token]))
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(`(${longestFirst.map(escapePattern).join('|')})`)
  return (text) => {
    // Texts stand at even places, tokens at odd ones.
    const pieces = text.split(pattern)
    return pieces.map((piece, i) => {
      if (i % 2 === 1) return byContent.get(piece)!.id
      const before = byContent.get(pieces[i - 1] ?? '')
      const after = byContent.get(pieces[i + 1] ?? '')
      const cutBefore = before?.rstrip === true ? piece.trimStart() : piece
      return after?.lstrip === true ? cutBefore.trimEnd() : cutBefore
    })
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
