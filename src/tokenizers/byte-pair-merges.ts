/**
 * Byte-pair merges (Sennrich et al. 2016, https://aclanthology.org/P16-1162): while the vocabulary is too small, join
 * the adjacent pair with the highest Σ over words of (occurrences × word count) into one symbol.
 *
 * Follows the `BpeTrainer` of the Rust library `tokenizers` to the letter, ties and oddities included: pairs are
 * ordered by count, then by smaller ids; a merge whose text is already a token reuses that token's id; the count of a
 * merged pair is left as it was, so a pair that arises a second time starts from there.
 *
 * One merge (left, right) → merged rewrites its words in place and books neighbours by symbol id, for it makes and
 * breaks only (neighbour, merged) and (neighbour, left) before it, (merged, neighbour) and (right, neighbour) after it.
 * Pairs are then looked up once per distinct neighbour instead of once per occurrence.
 */
import { IntegerList } from './integer-list.ts'
import { MergeQueue } from './merge-queue.ts'
import { Neighbours } from './neighbours.ts'
import { PairTable } from './pair-table.ts'

export interface MergeInput {
  /** All words one after the other, a symbol id each; word `i` is `symbols[starts[i] … starts[i + 1]]`. Overwritten. */
  readonly symbols: Int32Array
  readonly starts: Int32Array
  readonly counts: Float64Array
  /** The text of each symbol id. Grows by the new tokens. */
  readonly tokens: string[]
  readonly vocabularySize: number
  readonly minimumFrequency: number
  /** What pieces within a word begin with (`##`), and lose when they become the right side of a merge. Default nothing. */
  readonly prefix?: string | undefined
  /** Called now and then with the size of the vocabulary so far. */
  readonly onProgress?: ((tokens: number) => void) | undefined
}

/** Learns merges and returns them in order as pairs of symbol ids; `tokens` then holds the whole vocabulary. */
export function learnMerges(input: MergeInput): [left: number, right: number][] {
  const { symbols, starts, counts, tokens, vocabularySize, prefix = '' } = input
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const lengths = starts.subarray(1).map((end, word) => end - starts[word]!)
  const pairs = new PairTable()
  const queue = new MergeQueue(pairs)
  const places = new IntegerList()
  queueInitialPairs(input, pairs, queue, places)

  const before = new Neighbours(Math.max(vocabularySize, tokens.length))
  const after = new Neighbours(Math.max(vocabularySize, tokens.length))
  // A pair can be learned twice (see above); the later time decides its rank, as in the reference.
  const merges = new Map<number, [number, number]>()

  while (tokens.length < vocabularySize) {
    const entry = queue.take(Math.max(1, input.minimumFrequency))
    if (entry < 0) break
    const pair = queue.pair[entry]!
    const left = pairs.left[pair]!
    const right = pairs.right[pair]!
    const text = tokens[left]! + withoutPrefix(tokens[right]!, prefix)
    const merged = ids.get(text) ?? tokens.push(text) - 1
    ids.set(text, merged)
    merges.delete(pair)
    merges.set(pair, [left, right])

    const lastPlace = queue.to[entry]!
    for (let place = queue.from[entry]!; place < lastPlace; place++) {
      const word = places.items[place]!
      const start = starts[word]!
      const end = start + lengths[word]!
      let write = start
      for (let read = start; read < end; read++, write++) {
        const symbol = symbols[read]!
        if (symbol !== left || read + 1 === end || symbols[read + 1] !== right) {
          symbols[write] = symbol
          continue
        }
        if (write > start) before.note(symbols[write - 1]!, word, counts[word]!)
        if (read + 2 < end) after.note(symbols[read + 2]!, word, counts[word]!)
        symbols[write] = merged
        read++
      }
      lengths[word] = write - start
    }

    before.place(places)
    after.place(places)
    for (const neighbour of before.touched()) {
      pairs.add(neighbour, left, -before.amount[neighbour]!)
      pairs.add(neighbour, merged, before.amount[neighbour]!)
    }
    for (const neighbour of after.touched()) {
      pairs.add(right, neighbour, -after.amount[neighbour]!)
      pairs.add(merged, neighbour, after.amount[neighbour]!)
    }
    // Where the merged text was a token already, (merged, merged) can arise on both sides: it is one candidate.
    const twin = before.has(merged) && after.has(merged)
    for (const neighbour of before.touched()) {
      if (twin && neighbour === merged) continue
      offer(pairs.indexOf(neighbour, merged), before.from[neighbour]!, before.to[neighbour]!)
    }
    for (const neighbour of after.touched()) {
      if (twin && neighbour === merged) continue
      offer(pairs.indexOf(merged, neighbour), after.from[neighbour]!, after.to[neighbour]!)
    }
    if (twin) {
      const from = places.length
      for (const side of [before, after]) {
        for (let place = side.from[merged]!; place < side.to[merged]!; place++)
          places.push(places.items[place]!)
      }
      offer(pairs.indexOf(merged, merged), from, places.length)
    }
    before.clear()
    after.clear()
    if ((tokens.length & 0xff) === 0) input.onProgress?.(tokens.length)
  }
  return [...merges.values()]

  function offer(pair: number, from: number, to: number): void {
    if (pairs.count[pair]! > 0) queue.add(pair, from, to)
  }
}

function withoutPrefix(token: string, prefix: string): string {
  return token.startsWith(prefix) ? token.slice(prefix.length) : token
}

/** Counts the pairs of all words, notes where they are, and queues them. */
function queueInitialPairs(
  { symbols, starts, counts }: MergeInput,
  pairs: PairTable,
  queue: MergeQueue,
  places: IntegerList,
): void {
  const found = new IntegerList()
  const lastWord = new IntegerList()
  const places0 = new IntegerList()
  for (let word = 0; word < counts.length; word++) {
    const end = starts[word + 1]! - 1
    for (let i = starts[word]!; i < end; i++) {
      const pair = pairs.indexOf(symbols[i]!, symbols[i + 1]!)
      pairs.count[pair]! += counts[word]!
      if (pair === lastWord.length) {
        lastWord.push(-1)
        places0.push(0)
      }
      if (lastWord.items[pair] === word) continue
      lastWord.items[pair] = word
      places0.items[pair]!++
      found.push(pair)
      found.push(word)
    }
  }
  places.length = 0
  let next = places.reserve(found.length / 2)
  const to = new Int32Array(pairs.size)
  for (let pair = 0; pair < pairs.size; pair++) {
    to[pair] = next
    queue.add(pair, next, next + places0.items[pair]!)
    next += places0.items[pair]!
  }
  for (let i = 0; i < found.length; i += 2) places.items[to[found.items[i]!]!++] = found.items[i + 1]!
  places.length = next
}
