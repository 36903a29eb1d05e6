import type { Split, WordList } from './grammar.ts'

/** FNV-1a over UTF-16 units: a number that has nothing to do with a word's meaning and never changes. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  // One more mixing: FNV leaves the high bits of short words alike.
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) >>> 0
  return (value ^ (value >>> 13)) >>> 0
}

/** A list that every split draws from: words of the language that a model is meant to learn. */
export function closedWords(words: readonly string[]): WordList {
  return { open: false, words: { train: words, validation: words, test: words } }
}

/** The split a name belongs to, in whatever list it stands: a tenth for validation, a fifth for test. */
export function splitOf(name: string): Split {
  const share = hash(name) % 100
  return share < 10 ? 'validation' : share < 30 ? 'test' : 'train'
}

/**
 * A list of names that no two splits share. Words of one family (`family` of a word, such as the brand of a product)
 * go to the same split.
 */
export function openWords(words: readonly string[], family = (word: string): string => word): WordList {
  const of = (split: Split): string[] => words.filter((word) => splitOf(family(word)) === split)
  return { open: true, words: { train: of('train'), validation: of('validation'), test: of('test') } }
}

/** Every pair of an item of each list, joined by `join`. */
export function combine(
  first: readonly string[],
  second: readonly string[],
  join: (x: string, y: string) => string,
): string[] {
  return first.flatMap((x) => second.map((y) => join(x, y)))
}
