import { YuksuError } from '../errors.ts'
import { cutAtAddedTokens } from './added-tokens.ts'
import { PreTokenCounter } from './pre-token-counter.ts'

export interface CountWordsOptions {
  /** Texts that are cut out before anything is counted, as the encoder cuts special tokens out. */
  readonly isolated: readonly string[]
  readonly normalize?: ((text: string) => string) | undefined
  /** Counts the pre-tokens of a text that is not empty. */
  readonly count: (text: string, counter: PreTokenCounter) => void
  /** Called now and then with the number of texts so far. */
  readonly onProgress?: ((texts: number) => void) | undefined
}

/** Counts the pre-tokens of texts. Throws YuksuError `no-text` where there is not one. */
export async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  { isolated, normalize, count, onProgress }: CountWordsOptions,
): Promise<{ counter: PreTokenCounter; texts: number }> {
  const cut = cutAtAddedTokens(isolated.map((content, id) => ({ content, id, lstrip: false, rstrip: false })))
  const counter = new PreTokenCounter()
  let read = 0
  for await (const text of texts) {
    for (const piece of cut(text)) {
      // A number is a special token.
      if (typeof piece !== 'string') continue
      const normal = normalize === undefined ? piece : normalize(piece)
      if (normal !== '') count(normal, counter)
    }
    if ((++read & 0xfff) === 0) onProgress?.(read)
  }
  if (counter.total === 0) {
    throw new YuksuError(
      'no-text',
      `${read} texts were given without a character to learn from; give some text.`,
    )
  }
  return { counter, texts: read }
}
