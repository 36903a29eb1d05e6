/**
 * Byte-pair merges over characters, as the `BpeTrainer` and `WordPieceTrainer` of the Rust library `tokenizers` learn them. With a prefix for pieces
 * within words that library numbers those of single characters in an order that changes from run to run, and so breaks ties; here it is the order of
 * the characters.
 */
import { YuksuError } from '../errors.ts'
import { learnMerges } from './byte-pair-merges.ts'

export interface CharacterPairsInput {
  readonly texts: readonly string[]
  readonly counts: Float64Array
  /** Tokens that come first, as special tokens do. */
  readonly firstTokens: readonly string[]
  readonly vocabularySize: number
  readonly minimumFrequency: number
  /** The most characters to keep, the frequent ones; others are passed over. Default all. */
  readonly alphabetLimit?: number | undefined
  /** What pieces within a word begin with (`##`). Default nothing. */
  readonly prefix?: string | undefined
  readonly onProgress?: ((tokens: number) => void) | undefined
}

/**
 * The vocabulary and its merges in order, as ids.
 *
 * @throws YuksuError `vocabulary-too-small` where the first tokens and the characters alone exceed it.
 */
export function learnCharacterPairs(input: CharacterPairsInput): {
  tokens: string[]
  merges: [left: number, right: number][]
} {
  const { texts, counts, firstTokens, vocabularySize, prefix = '' } = input
  const alphabet = alphabetOf(texts, counts, input.alphabetLimit)
  const tokens = [...new Set([...firstTokens, ...alphabet])]
  if (prefix !== '') {
    const within = new Set<string>()
    for (const text of texts) for (const character of [...text].slice(1)) within.add(character)
    for (const character of alphabet) {
      if (within.has(character) && !tokens.includes(prefix + character)) tokens.push(prefix + character)
    }
  }
  if (tokens.length > vocabularySize) {
    throw new YuksuError(
      'vocabulary-too-small',
      `A vocabulary of ${vocabularySize} was asked for, but ${firstTokens.length} tokens and ${tokens.length - firstTokens.length} ` +
        `characters come first; ask for more than ${tokens.length}, or limit the alphabet.`,
    )
  }
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const known = new Set(alphabet)
  const symbols: number[] = []
  const starts = new Int32Array(texts.length + 1)
  texts.forEach((text, word) => {
    let begins = true
    for (const character of text) {
      if (known.has(character)) symbols.push(ids.get((begins ? '' : prefix) + character)!)
      begins = false
    }
    starts[word + 1] = symbols.length
  })
  const merges = learnMerges({ ...input, symbols: Int32Array.from(symbols), starts, tokens, prefix })
  return { tokens, merges }
}

/** The characters of the texts in order of their code points; beyond a limit those seen least are left out. */
export function alphabetOf(
  texts: readonly string[],
  counts: Float64Array,
  limit: number = Infinity,
): string[] {
  const seen = characterCounts(texts, counts)
  const kept = [...seen].sort((a, b) => b[1] - a[1] || byCodePoint(a[0], b[0])).slice(0, limit)
  return kept.map(([character]) => character).sort(byCodePoint)
}

/** How often each character occurs. */
export function characterCounts(texts: readonly string[], counts: Float64Array): Map<string, number> {
  const seen = new Map<string, number>()
  texts.forEach((text, word) => {
    for (const character of text) seen.set(character, (seen.get(character) ?? 0) + counts[word]!)
  })
  return seen
}

function byCodePoint(a: string, b: string): number {
  return a.codePointAt(0)! - b.codePointAt(0)!
}
