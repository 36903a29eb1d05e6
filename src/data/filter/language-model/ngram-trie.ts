// n-grams of all orders as a tree of words, the first word nearest to the root: the n-grams that go on a context stand
// together, by word. So an n-gram is found by a binary search, its parts need no hash table, and a file of it is short.
import { absent, type NgramList } from './ngram-table.ts'

/** n-grams of one order, by context and then by word. */
export interface TrieLevel {
  readonly count: number
  /** The last word of each. */
  readonly words: Uint32Array
  /** Those of the next order that go on n-gram i stand from `children[i]` to before `children[i + 1]`; none in the highest. */
  readonly children?: Uint32Array
}

/** By order − 1; the words of the first are 0, 1, 2, … */
export type NgramTrie = readonly TrieLevel[]

/** Where among `words[start…end)`, in ascending order, a word stands; `absent` where it does not. */
export function findWord(words: Uint32Array, start: number, end: number, word: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (words[middle]! < word) low = middle + 1
    else high = middle
  }
  return low < end && words[low] === word ? low : absent
}

/**
 * The tree of n-grams that were numbered in any order, and for each order where each n-gram went. `words` gives the new number of
 * each word; `lists` begin with order 2.
 */
export function buildTrie(
  words: Uint32Array,
  lists: readonly NgramList[],
): { trie: NgramTrie; places: readonly Uint32Array[] } {
  const levels: { count: number; words: Uint32Array; children?: Uint32Array }[] = [
    { count: words.length, words: Uint32Array.from(words, (_, index) => index) },
  ]
  const places = [words]
  for (const list of lists) {
    const before = places.at(-1)!
    const byWord = sortBy(list.count, words.length, (index) => words[list.words[index]!]!)
    const contexts = levels.at(-1)!.count
    const byContext = sortBy(list.count, contexts, (index) => before[list.contexts[index]!]!, byWord.order)
    const place = new Uint32Array(list.count)
    const last = new Uint32Array(list.count)
    byContext.order.forEach((index, rank) => {
      place[index] = rank
      last[rank] = words[list.words[index]!]!
    })
    levels.at(-1)!.children = byContext.starts
    levels.push({ count: list.count, words: last })
    places.push(place)
  }
  return { trie: levels, places }
}

/** A stable counting sort of the indices 0 … count − 1 (in the order given) by a key below `bound`. */
function sortBy(
  count: number,
  bound: number,
  key: (index: number) => number,
  order?: Uint32Array,
): { order: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(bound + 1)
  for (let index = 0; index < count; index++) starts[key(index) + 1]!++
  for (let value = 0; value < bound; value++) starts[value + 1]! += starts[value]!
  const next = starts.slice()
  const sorted = new Uint32Array(count)
  for (let position = 0; position < count; position++) {
    const index = order === undefined ? position : order[position]!
    sorted[next[key(index)]!++] = index
  }
  return { order: sorted, starts }
}

/** The context of each n-gram of a level, from the children of the level below. */
export function contextsOf(below: TrieLevel): Uint32Array {
  const children = below.children!
  const contexts = new Uint32Array(children[below.count]!)
  for (let context = 0; context < below.count; context++) {
    contexts.fill(context, children[context]!, children[context + 1]!)
  }
  return contexts
}

/**
 * For each n-gram of each order the number of the one without its first word, `absent` where there is no such n-gram; of
 * single words, 0.
 */
export function suffixesOf(trie: NgramTrie): Uint32Array[] {
  const suffixes = [new Uint32Array(trie[0]!.count)]
  for (let order = 2; order <= trie.length; order++) {
    const level = trie[order - 1]!
    const below = trie[order - 2]!
    const before = suffixes[order - 2]!
    const result = new Uint32Array(level.count)
    for (let context = 0; context < below.count; context++) {
      const end = below.children![context + 1]!
      const suffix = before[context]!
      for (let index = below.children![context]!; index < end; index++) {
        const word = level.words[index]!
        if (order === 2) result[index] = word
        else if (suffix === absent) result[index] = absent
        else {
          const { children } = trie[order - 3]!
          result[index] = findWord(below.words, children![suffix]!, children![suffix + 1]!, word)
        }
      }
    }
    suffixes.push(result)
  }
  return suffixes
}
