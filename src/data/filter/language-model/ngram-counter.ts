// Counts for Kneser-Ney. The highest order is counted as it occurs. A lower n-gram counts in how many different words come
// before it (Kneser and Ney, 1995), so it is counted once whenever an n-gram one longer is new; one that begins a sentence
// has nothing before it and is counted as it occurs (Heafield et al., 2013).
import { YuksuError } from '../../../errors.ts'
import { buildTrie, type NgramTrie } from './ngram-trie.ts'
import { longer, NgramTable } from './ngram-table.ts'

/** The first words of every vocabulary. */
export const reserved = ['<unk>', '<s>', '</s>'] as const
export const unknownWord = 0
export const sentenceStart = 1
export const sentenceEnd = 2

export interface CountedNgrams {
  /** The reserved words, then those of the text, the most frequent first. */
  readonly vocabulary: readonly string[]
  readonly trie: NgramTrie
  /** By order − 1: the adjusted count of each n-gram. */
  readonly counts: readonly Uint32Array[]
}

export const highestOrder = 12

/** Counts the n-grams of sentences, given one by one. */
export class NgramCounter {
  readonly order: number
  sentences = 0
  tokens = 0
  private readonly ids = new Map<string, number>(reserved.map((word, id) => [word, id]))
  private readonly vocabulary: string[] = [...reserved]
  private readonly tables: NgramTable[]
  /** By order − 1. */
  private readonly counts: Uint32Array<ArrayBuffer>[]
  private occurrences = new Uint32Array(1 << 12)
  private sentence = new Uint32Array(1 << 8)

  constructor(order: number) {
    if (!Number.isInteger(order) || order < 1 || order > highestOrder) {
      throw new YuksuError(
        'invalid-order',
        `The order of a language model is a whole number from 1 to ${highestOrder}, not ${order}.`,
      )
    }
    this.order = order
    this.tables = Array.from({ length: order - 1 }, () => new NgramTable())
    this.counts = Array.from({ length: order }, () => new Uint32Array(1 << 12))
  }

  /** Adds a sentence, without marks of its beginning and end; words that read like such a mark are passed over. */
  add(words: readonly string[]): void {
    let length = 0
    this.sentence[length++] = sentenceStart
    for (const word of words) {
      let id = this.ids.get(word)
      if (id === undefined) {
        id = this.vocabulary.length
        this.ids.set(word, id)
        this.vocabulary.push(word)
        if (id === this.occurrences.length) this.occurrences = longer(this.occurrences)
      } else if (id < reserved.length) continue
      if (length + 1 >= this.sentence.length) this.sentence = longer(this.sentence)
      this.occurrences[id]!++
      this.sentence[length++] = id
    }
    if (length === 1) return
    this.sentence[length++] = sentenceEnd
    this.sentences++
    this.tokens += length - 1
    this.count(length)
  }

  private count(length: number): void {
    const { order, sentence, tables } = this
    // The numbers of the n-grams that end at the word before, by n − 1.
    const ends = new Uint32Array(order)
    ends[0] = sentenceStart
    for (let position = 1; position < length; position++) {
      const word = sentence[position]!
      let context = ends[0]!
      ends[0] = word
      if (order === 1) this.increase(0, word)
      const longest = Math.min(order, position + 1)
      for (let n = 2; n <= longest; n++) {
        const table = tables[n - 2]!
        const isNew = table.count
        const index = table.add(context, word)
        if (index === isNew) this.increase(n - 2, ends[n - 2]!)
        if (n === order || n === position + 1) this.increase(n - 1, index)
        context = ends[n - 1]!
        ends[n - 1] = index
      }
    }
  }

  private increase(level: number, index: number): void {
    while (index >= this.counts[level]!.length) this.counts[level] = longer(this.counts[level]!)
    this.counts[level]![index]!++
  }

  /** What was counted; the counter is of no more use afterwards. */
  finish(): CountedNgrams {
    const { occurrences } = this
    const first = reserved.length
    const ranked = this.vocabulary
      .map((_, id) => id)
      .slice(first)
      .sort((a, b) => occurrences[b]! - occurrences[a]! || a - b)
    const words = Uint32Array.from(this.vocabulary.keys())
    ranked.forEach((id, rank) => (words[id] = rank + first))
    const { trie, places } = buildTrie(words, this.tables)
    return {
      vocabulary: [...reserved, ...ranked.map((id) => this.vocabulary[id]!)],
      trie,
      counts: trie.map(({ count }, level) => {
        const result = new Uint32Array(count)
        places[level]!.forEach((place, index) => (result[place] = this.counts[level]![index] ?? 0))
        return result
      }),
    }
  }
}
