import { YuksuError } from '../errors.ts'
import type { Tokenizer } from './tokenizer.ts'

/** The id that ends a text. Throws where the tokenizer names none: a model could never stop. */
export function endToken(tokenizer: Tokenizer): number {
  const { eos } = tokenizer.specialTokens
  if (eos === undefined) {
    throw new YuksuError(
      'no-end-token',
      'the tokenizer names no end-of-text token; add eos_token to its tokenizer_config.json',
    )
  }
  return eos
}

/** Adds the end of text where the tokenizer's own template has not: exactly one, and never none. */
function ended(ids: readonly number[], end: number): number[] {
  return ids.at(-1) === end ? [...ids] : [...ids, end]
}

/** What an encoder reads of a text: the tokenizer's own special tokens around it, with its end. One place for all uses. */
export function renderSource(tokenizer: Tokenizer, text: string): number[] {
  return ended(tokenizer.encode(text, { addSpecialTokens: true }), endToken(tokenizer))
}

/** What a decoder alone continues: the text after the token that begins one. It has not ended, so no end token follows. */
export function renderPrompt(tokenizer: Tokenizer, text: string): number[] {
  const ids = tokenizer.encode(text, { addSpecialTokens: true })
  return ids.at(-1) === tokenizer.specialTokens.eos ? ids.slice(0, -1) : ids
}

/** What a decoder learns to write: the text and its end. The decoder's start token stands before it. */
export function renderTarget(tokenizer: Tokenizer, text: string): number[] {
  return ended(tokenizer.encode(text), endToken(tokenizer))
}

/**
 * The text of written ids. Only tokens that stand for no text are left out: a speaker's mark such as `#Person1#` is
 * kept whole by the tokenizer and is text all the same.
 */
export function readText(tokenizer: Tokenizer, ids: readonly number[]): string {
  const silent = silentTokens(tokenizer)
  return tokenizer.decode(
    ids.filter((id) => !silent.has(id)),
    { skipSpecialTokens: false },
  )
}

/**
 * Takes the space off the beginning of a text that comes in pieces. What an encoder–decoder writes is a text by itself, and
 * a model may have learned to begin it with the token that a word has within a sentence.
 */
export function withoutLeadingSpace(): (piece: string) => string {
  let begun = false
  return (piece) => {
    if (begun) return piece
    const rest = piece.trimStart()
    begun = rest !== ''
    return rest
  }
}

/** Tokens that stand for no text: begin, end, padding, mask and the like. */
export function silentTokens(tokenizer: Tokenizer): Set<number> {
  const { all: _, ...roles } = tokenizer.specialTokens
  return new Set(Object.values(roles))
}
