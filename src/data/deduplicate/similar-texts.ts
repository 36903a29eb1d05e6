/*
 * All pairs of texts above a Jaccard index of their shingles: candidates by MinHash and bands (Broder 1997; Indyk and Motwani
 * 1998), each of which is then compared exactly. So no pair is wrong, and the share that is missed is chosen beforehand.
 */
import { inOrder } from '../prepare/in-order.ts'
import { type Bands, chooseBands } from './bands.ts'
import { createDigester, type Digest, type DigestOptions } from './digest.ts'
import { createSearch, type SearchOptions, type SetPairs } from './search.ts'
import { sharedShingles, type ShingleOptions } from './shingles.ts'
import { noSet, setOf, TextSets } from './text-sets.ts'
import { startCrew } from './threads.ts'
import { UnionFind } from './union-find.ts'

export interface SimilarTextsOptions {
  readonly shingles: ShingleOptions
  /** The least Jaccard index of a pair. */
  readonly threshold: number
  /** Minima of a signature at most. */
  readonly permutations?: number
  /** The share found of the pairs just at the threshold. */
  readonly recall?: number
  readonly seed?: number
  /** The outcome does not depend on it. */
  readonly threads?: number
  readonly signal?: AbortSignal | undefined
  /** How many texts are read, or bands searched, of how many where that is known. */
  readonly onProgress?: (stage: 'reading' | 'comparing', done: number, total?: number) => void
}

export interface SimilarPair {
  /** Numbers of texts from 0, the first lower. */
  readonly first: number
  readonly second: number
  readonly jaccard: number
}

/** Texts and what goes to a thread with them at once. */
const batchTexts = 2048
const batchCharacters = 1 << 20

/** The pairs that were found, and what is known of the texts. */
export class SimilarTexts {
  readonly bands: Bands
  /** Texts in all. */
  readonly texts: number
  /** Texts without any shingle: they are like none. */
  readonly empty: number
  /** Pairs of texts. */
  readonly pairs: number
  /** Pairs of different sets that were compared. */
  readonly compared: number
  private readonly sets: TextSets
  /** Neighbours of set s, with their similarities, lie from starts[s] to starts[s + 1]. */
  private readonly starts: Uint32Array
  private readonly neighbours: Uint32Array
  private readonly similarities: Float64Array
  /** Texts of set s, ascending, lie from textStarts[s] to textStarts[s + 1]. */
  private readonly textStarts: Uint32Array
  private readonly textsOfSets: Uint32Array

  /** @param found pairs of sets, each once. */
  constructor(bands: Bands, sets: TextSets, found: readonly SetPairs[]) {
    this.bands = bands
    this.sets = sets
    this.compared = found.reduce((sum, { compared }) => sum + compared, 0)
    const { setOfText } = sets
    const count = sets.shared().count
    this.texts = setOfText.length
    ;[this.textStarts, this.textsOfSets] = textsBySet(setOfText, count)
    this.empty = this.texts - this.textsOfSets.length
    const starts = new Uint32Array(count + 1)
    for (const { first, second } of found)
      for (const side of [first, second]) for (const set of side) starts[set + 1]!++
    for (let set = 0; set < count; set++) starts[set + 1]! += starts[set]!
    this.starts = starts
    this.neighbours = new Uint32Array(starts[count]!)
    this.similarities = new Float64Array(starts[count]!)
    const next = starts.slice()
    let pairs = 0
    for (let set = 0; set < count; set++) pairs += (this.textCount(set) * (this.textCount(set) - 1)) / 2
    for (const { first, second, jaccard } of found) {
      jaccard.forEach((similarity, at) => {
        const [a, b] = [first[at]!, second[at]!]
        pairs += this.textCount(a) * this.textCount(b)
        this.link(next, a, b, similarity)
        this.link(next, b, a, similarity)
      })
    }
    this.pairs = pairs
  }

  /** Pairs in order of their first text, then of their second. */
  *eachPair(): Generator<SimilarPair> {
    const { setOfText } = this.sets
    for (let first = 0; first < this.texts; first++) {
      const set = setOfText[first]!
      if (set === noSet) continue
      const partners: [number, number][] = []
      this.addPartners(partners, first, set, 1)
      for (let at = this.starts[set]!; at < this.starts[set + 1]!; at++)
        this.addPartners(partners, first, this.neighbours[at]!, this.similarities[at]!)
      partners.sort(([a], [b]) => a - b)
      for (const [second, jaccard] of partners) yield { first, second, jaccard }
    }
  }

  /** Which texts hang together by pairs. */
  clusters(): UnionFind {
    const texts = new UnionFind(this.texts)
    const { textStarts, textsOfSets } = this
    for (let set = 0; set < this.starts.length - 1; set++) {
      const head = textsOfSets[textStarts[set]!]!
      for (let at = textStarts[set]! + 1; at < textStarts[set + 1]!; at++) texts.union(head, textsOfSets[at]!)
      for (let at = this.starts[set]!; at < this.starts[set + 1]!; at++)
        texts.union(head, textsOfSets[textStarts[this.neighbours[at]!]!]!)
    }
    return texts
  }

  /** Characters of a text. */
  lengthOf(text: number): number {
    return this.sets.lengths[text]!
  }

  /** The Jaccard index of any two texts that have shingles. */
  jaccard(a: number, b: number): number {
    const shared = this.sets.shared()
    const [one, other] = [this.sets.setOfText[a]!, this.sets.setOfText[b]!]
    if (one === other) return 1
    const both = sharedShingles(setOf(shared, one), setOf(shared, other))
    return both / (shared.sizes[one]! + shared.sizes[other]! - both)
  }

  private textCount(set: number): number {
    return this.textStarts[set + 1]! - this.textStarts[set]!
  }

  private link(next: Uint32Array, from: number, to: number, similarity: number): void {
    const at = next[from]!++
    this.neighbours[at] = to
    this.similarities[at] = similarity
  }

  private addPartners(partners: [number, number][], first: number, set: number, jaccard: number): void {
    for (let at = this.textStarts[set]!; at < this.textStarts[set + 1]!; at++) {
      const text = this.textsOfSets[at]!
      if (text > first) partners.push([text, jaccard])
    }
  }
}

/** Finds all pairs of texts above a threshold; numbers of texts are their places in what is given. */
export async function findSimilarTexts(
  texts: AsyncIterable<string> | Iterable<string>,
  options: SimilarTextsOptions,
): Promise<SimilarTexts> {
  const { shingles, threshold, permutations = 128, recall = 0.99, seed = 0, threads = 1 } = options
  const bands = chooseBands({ threshold, permutations, recall })
  const sets = await readSets(texts, { shingles, bands, seed }, options)
  const crew = await startCrew<SearchOptions, number, SetPairs>(
    'search-worker',
    { sets: sets.shared(), threshold },
    threads,
    (data) => Promise.resolve(createSearch(data)),
  )
  try {
    const found: SetPairs[] = []
    for await (const { item, result } of inOrder(numbersBelow(bands.bands), crew.width, crew.ask)) {
      options.signal?.throwIfAborted()
      options.onProgress?.('comparing', item + 1, bands.bands)
      found.push(result)
    }
    return new SimilarTexts(bands, sets, found)
  } finally {
    await crew.close()
  }
}

/** The sets of shingles of texts, made in as many threads as there may be. */
export async function readSets(
  texts: AsyncIterable<string> | Iterable<string>,
  digest: DigestOptions,
  { threads = 1, signal, onProgress }: Pick<SimilarTextsOptions, 'threads' | 'signal' | 'onProgress'>,
): Promise<TextSets> {
  const sets = new TextSets(digest.bands?.bands ?? 0)
  const crew = await startCrew<DigestOptions, readonly string[], Digest>(
    'digest-worker',
    digest,
    threads,
    createDigester,
  )
  try {
    let done = 0
    for await (const { item, result } of inOrder(batchesOf(texts), crew.width, crew.ask)) {
      signal?.throwIfAborted()
      sets.add(result)
      done += item.length
      onProgress?.('reading', done)
    }
  } finally {
    await crew.close()
  }
  return sets
}

async function* batchesOf(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  let batch: string[] = []
  let characters = 0
  for await (const text of texts) {
    batch.push(text)
    characters += text.length
    if (batch.length < batchTexts && characters < batchCharacters) continue
    yield batch
    batch = []
    characters = 0
  }
  if (batch.length > 0) yield batch
}

async function* numbersBelow(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) yield number
}

function textsBySet(setOfText: Uint32Array, count: number): [starts: Uint32Array, texts: Uint32Array] {
  const starts = new Uint32Array(count + 1)
  for (const set of setOfText) if (set !== noSet) starts[set + 1]!++
  for (let set = 0; set < count; set++) starts[set + 1]! += starts[set]!
  const texts = new Uint32Array(starts[count]!)
  const next = starts.slice()
  setOfText.forEach((set, text) => {
    if (set !== noSet) texts[next[set]!++] = text
  })
  return [starts, texts]
}
