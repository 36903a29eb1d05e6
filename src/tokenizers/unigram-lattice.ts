import { IntegerList } from './integer-list.ts'
import { TokenTrie, trieRoot } from './token-trie.ts'
import { unknownPenalty } from './unigram-model.ts'

/** The piece of a character that no piece holds. */
export const unknownPiece = 0

/** Pieces with their scores, and all ways to cut a word into them. Piece 0 is the unknown one and has no text. */
export class UnigramLattice {
  readonly scores: Float64Array
  readonly #trie: TokenTrie
  readonly #unknownScore: number
  /** The edges of the word, by where they begin; an edge is a piece between two places. */
  readonly #from: IntegerList = new IntegerList()
  readonly #to: IntegerList = new IntegerList()
  readonly #piece: IntegerList = new IntegerList()
  #forward = new Float64Array(64)
  #backward = new Float64Array(64)
  #reached = new Int32Array(64)

  constructor(pieces: readonly string[], scores: Float64Array) {
    this.scores = scores
    this.#trie = new TokenTrie()
    let least = Infinity
    for (let piece = 1; piece < pieces.length; piece++) {
      this.#trie.add(pieces[piece]!, piece)
      least = Math.min(least, scores[piece]!)
    }
    this.#unknownScore = least - unknownPenalty
  }

  /** Adds to `expected`, by piece, how often each is used in a word on average over all ways to cut it; returns the logarithm of their sum, times `count`. */
  expect(word: string, count: number, expected: Float64Array): number {
    this.#build(word)
    const [forward, backward] = [this.#forward, this.#backward]
    forward.fill(-Infinity, 0, word.length + 1)
    backward.fill(-Infinity, 0, word.length + 1)
    forward[0] = 0
    backward[word.length] = 0
    const edges = this.#from.length
    const [from, to] = [this.#from.items, this.#to.items]
    for (let edge = 0; edge < edges; edge++) {
      const [start, end] = [from[edge]!, to[edge]!]
      forward[end] = logOfSum(forward[end]!, forward[start]! + this.#score(edge))
    }
    for (let edge = edges - 1; edge >= 0; edge--) {
      const [start, end] = [from[edge]!, to[edge]!]
      backward[start] = logOfSum(backward[start]!, backward[end]! + this.#score(edge))
    }
    const sum = forward[word.length]!
    for (let edge = 0; edge < edges; edge++) {
      expected[this.#piece.items[edge]!]! +=
        count * Math.exp(forward[from[edge]!]! + this.#score(edge) + backward[to[edge]!]! - sum)
    }
    return sum * count
  }

  /** The best way to cut a word, as pieces; without the piece `but`, where one is named. Undefined where there is none. */
  best(word: string, but = -1): { pieces: number[]; score: number } | undefined {
    this.#build(word)
    const [forward, reached] = [this.#forward, this.#reached]
    forward.fill(-Infinity, 0, word.length + 1)
    forward[0] = 0
    for (let edge = 0; edge < this.#from.length; edge++) {
      if (this.#piece.items[edge] === but) continue
      const end = this.#to.items[edge]!
      const score = forward[this.#from.items[edge]!]! + this.#score(edge)
      if (score > forward[end]!) {
        forward[end] = score
        reached[end] = edge
      }
    }
    if (forward[word.length] === -Infinity) return undefined
    const pieces: number[] = []
    for (let place = word.length; place > 0; place = this.#from.items[reached[place]!]!) {
      pieces.push(this.#piece.items[reached[place]!]!)
    }
    return { pieces: pieces.reverse(), score: forward[word.length]! }
  }

  #score(edge: number): number {
    const piece = this.#piece.items[edge]!
    return piece === unknownPiece ? this.#unknownScore : this.scores[piece]!
  }

  #build(word: string): void {
    if (word.length >= this.#forward.length) {
      this.#forward = new Float64Array(word.length * 2)
      this.#backward = new Float64Array(word.length * 2)
      this.#reached = new Int32Array(word.length * 2)
    }
    this.#from.length = 0
    this.#to.length = 0
    this.#piece.length = 0
    for (let start = 0; start < word.length;) {
      const single = start + (word.codePointAt(start)! > 0xffff ? 2 : 1)
      let hasSingle = false
      let node: number = trieRoot
      for (let end = start; end < word.length;) {
        node = this.#trie.next(node, word.charCodeAt(end++))
        if (node < 0) break
        const piece = this.#trie.id(node)
        if (piece < 0) continue
        this.#add(start, end, piece)
        hasSingle ||= end === single
      }
      if (!hasSingle) this.#add(start, single, unknownPiece)
      start = single
    }
  }

  #add(start: number, end: number, piece: number): void {
    this.#from.push(start)
    this.#to.push(end)
    this.#piece.push(piece)
  }
}

/** log(eᵃ + eᵇ). */
function logOfSum(a: number, b: number): number {
  if (a === -Infinity) return b
  if (b === -Infinity) return a
  const [most, least] = a > b ? [a, b] : [b, a]
  return most + Math.log1p(Math.exp(least - most))
}
