import type { Discounts } from './kneser-ney.ts'
import { sentenceEnd, sentenceStart, unknownWord } from './ngram-counter.ts'
import { absent } from './ngram-table.ts'
import { findWord, type NgramTrie } from './ngram-trie.ts'

/** An n-gram model with back-off weights, as an ARPA file holds it. Logarithms are decimal. */
export interface NgramModel {
  readonly vocabulary: readonly string[]
  readonly trie: NgramTrie
  /** By order − 1. */
  readonly logProbabilities: readonly Float32Array[]
  /** By order − 1; none in the highest. */
  readonly logBackoffs: readonly Float32Array[]
  /** What a model trained here was estimated from, so that its file is short. */
  readonly counts?: readonly Uint32Array[] | undefined
  readonly discounts?: readonly Discounts[] | undefined
}

/** What a model says of sentences. */
export interface NgramScore {
  /** Decimal logarithm of the probability of all of them. */
  logProbability: number
  /** Words, and one end for each sentence. */
  tokens: number
  /** Words that the model does not know. */
  unknown: number
}

/** Reads sentences word by word: the state is the n-grams that end at the last word. */
export class NgramScorer {
  private readonly model: NgramModel
  private readonly ids: ReadonlyMap<string, number>
  private readonly order: number
  /** By n − 1: the n-gram that ends at the last word, `absent` where the model has none. */
  private readonly ends: Uint32Array
  /** How many of them there are. */
  private length = 0

  constructor(model: NgramModel) {
    this.model = model
    this.ids = new Map(model.vocabulary.map((word, id) => [word, id]))
    this.order = model.trie.length
    this.ends = new Uint32Array(Math.max(1, this.order - 1))
  }

  /** Adds the score of a sentence, with its end, to `score`. A sentence without words counts as none. */
  addSentence(words: readonly string[], score: NgramScore): void {
    if (words.length === 0) return
    this.start()
    for (const word of words) {
      let id = this.ids.get(word)
      if (id === undefined || id <= sentenceEnd) {
        id = unknownWord
        score.unknown++
      }
      score.logProbability += this.next(id)
    }
    score.logProbability += this.next(sentenceEnd)
    score.tokens += words.length + 1
  }

  /** Decimal logarithms of the probability of each word of a sentence and of its end. */
  wordScores(words: readonly string[]): number[] {
    this.start()
    const ids = words.map((word) => {
      const id = this.ids.get(word)
      return id === undefined || id <= sentenceEnd ? unknownWord : id
    })
    return [...ids, sentenceEnd].map((id) => this.next(id))
  }

  /** Decimal logarithms of the probability of every word of the vocabulary after the given ones, at the start of a sentence. */
  distribution(words: readonly string[]): Float64Array {
    return Float64Array.from(this.model.vocabulary.keys(), (id) => {
      this.start()
      for (const word of words) this.next(this.ids.get(word) ?? unknownWord)
      return this.next(id)
    })
  }

  private start(): void {
    this.length = this.order > 1 ? 1 : 0
    this.ends[0] = sentenceStart
  }

  private next(word: number): number {
    const { trie, logProbabilities, logBackoffs } = this.model
    const { ends, length } = this
    // Of orders 2 and up, the n-grams that the word makes with what ends before it.
    let longest = 1
    let found = word
    let context = length > 0 ? ends[0]! : absent
    if (this.order > 1) ends[0] = word
    let sum = 0
    let kept = 1
    for (let n = 2; n <= length + 1; n++) {
      const before = context
      context = n <= length ? ends[n - 1]! : absent
      let index = absent
      if (before !== absent) {
        const { children } = trie[n - 2]!
        index = findWord(trie[n - 1]!.words, children![before]!, children![before + 1]!, word)
        if (index === absent) sum += logBackoffs[n - 2]![before]!
        else {
          longest = n
          found = index
          sum = 0
        }
      }
      if (n < this.order) {
        ends[n - 1] = index
        if (index !== absent) kept = n
      }
    }
    this.length = this.order > 1 ? Math.min(kept, this.order - 1) : 0
    return sum + logProbabilities[longest - 1]![found]!
  }
}
