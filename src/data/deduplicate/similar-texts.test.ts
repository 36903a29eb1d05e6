import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { meetingProbability } from './bands.ts'
import { MinHasher } from './minhash.ts'
import { findSimilarTexts } from './similar-texts.ts'
import { UnionFind } from './union-find.ts'
import { sharedShingles, Shingler, type ShingleOptions } from './shingles.ts'

const data = resolve(import.meta.dirname, '../../../../shared/data')
const dialogues = resolve(data, 'summarization/dialogsum-en')
const built = resolve(import.meta.dirname, '../../../dist/data/deduplicate/similar-texts.js')
const words: ShingleOptions = { unit: 'word', length: 5 }

/** Words of a made-up corpus in which texts are edited copies of earlier ones. */
function madeTexts(seed: number, count: number): string[] {
  const random = randomStream(seed, 1)
  const word = () => `w${random.below(400)}`
  const texts: string[][] = []
  for (let text = 0; text < count; text++) {
    const copied = texts.length > 0 && random.chance(0.6) ? [...random.pick(texts)] : undefined
    const made = copied ?? Array.from({ length: random.below(40) }, word)
    const edits = copied ? random.below(6) : 0
    for (let edit = 0; edit < edits && made.length > 0; edit++) made[random.below(made.length)] = word()
    texts.push(made)
  }
  return texts.map((text) => text.join(' '))
}

/** Shingles as strings, and nothing of what is tested. */
function plainShingles(text: string, length: number): Set<string> {
  const units = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  if (units.length === 0) return new Set()
  if (units.length < length) return new Set([units.join(' ')])
  return new Set(units.slice(length - 1).map((_, at) => units.slice(at, at + length).join(' ')))
}

/** Every pair that shares a shingle, by an index of all of them. */
function exactPairs(texts: readonly string[], length: number, threshold: number): Map<string, number> {
  const sets = texts.map((text) => plainShingles(text, length))
  const index = new Map<string, number[]>()
  const pairs = new Map<string, number>()
  for (const [second, set] of sets.entries()) {
    const shared = new Map<number, number>()
    for (const shingle of set) {
      const earlier = index.get(shingle) ?? []
      for (const first of earlier) shared.set(first, (shared.get(first) ?? 0) + 1)
      earlier.push(second)
      index.set(shingle, earlier)
    }
    for (const [first, both] of shared) {
      const jaccard = both / (sets[first]!.size + set.size - both)
      if (jaccard >= threshold) pairs.set(`${first} ${second}`, jaccard)
    }
  }
  return pairs
}

/** The pairs of one text of each list, numbered one list behind the other. */
function pairsBetween(
  left: readonly string[],
  right: readonly string[],
  length: number,
  threshold: number,
): Set<string> {
  const sets = right.map((text) => plainShingles(text, length))
  const index = new Map<string, number[]>()
  for (const [second, set] of sets.entries())
    for (const shingle of set) index.set(shingle, [...(index.get(shingle) ?? []), second])
  const pairs = new Set<string>()
  for (const [first, text] of left.entries()) {
    const set = plainShingles(text, length)
    const shared = new Map<number, number>()
    for (const shingle of set)
      for (const second of index.get(shingle) ?? []) shared.set(second, (shared.get(second) ?? 0) + 1)
    for (const [second, both] of shared)
      if (both / (sets[second]!.size + set.size - both) >= threshold)
        pairs.add(`${first} ${left.length + second}`)
  }
  return pairs
}

async function foundPairs(texts: readonly string[], length: number, threshold: number, seed = 0) {
  const similar = await findSimilarTexts(texts, { shingles: { unit: 'word', length }, threshold, seed })
  const pairs = [...similar.eachPair()]
  return {
    similar,
    pairs,
    byName: new Map(pairs.map((pair) => [`${pair.first} ${pair.second}`, pair.jaccard])),
  }
}

describe('pairs of similar texts', () => {
  it.each([0.3, 0.5, 0.8])(
    'at %f are those of the comparison of all with all, hardly one missed',
    async (threshold) => {
      let expected = 0
      let found = 0
      for (let seed = 0; seed < 8; seed++) {
        const texts = madeTexts(seed, 150)
        const exact = exactPairs(texts, 2, threshold)
        const { byName, pairs, similar } = await foundPairs(texts, 2, threshold, seed)
        expect([...byName].filter(([name, jaccard]) => exact.get(name) !== jaccard)).toEqual([])
        expect(similar.pairs).toBe(pairs.length)
        expected += exact.size
        found += byName.size
      }
      expect(expected).toBeGreaterThan(300)
      expect(found / expected).toBeGreaterThanOrEqual(0.98)
    },
  )

  it('come in order, each once', async () => {
    const { pairs } = await foundPairs(madeTexts(3, 200), 2, 0.4)
    expect(pairs.filter(({ first, second }) => first >= second)).toEqual([])
    const places = pairs.map(({ first, second }) => first * 1000 + second)
    expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b))
  })

  it('are fewer at a higher threshold, and are among those of the lower one', async () => {
    const texts = madeTexts(5, 200)
    const exact = exactPairs(texts, 3, 0.9)
    const lower = await foundPairs(texts, 3, 0.5)
    const higher = await foundPairs(texts, 3, 0.9)
    expect(higher.pairs.length).toBeLessThan(lower.pairs.length)
    expect([...higher.byName].filter(([name, jaccard]) => lower.byName.get(name) !== jaccard)).toEqual([])
    expect([...exact.keys()].filter((name) => !lower.byName.has(name))).toEqual([])
  })

  it('may be as unlike in length as the threshold allows, and are compared once', async () => {
    const words = Array.from({ length: 20 }, (_, at) => `w${at}`)
    const texts = [words.join(' '), words.slice(0, 10).join(' '), words.slice(0, 9).join(' ')]
    const { pairs } = await foundPairs(texts, 1, 0.5)
    expect(pairs).toEqual([
      { first: 0, second: 1, jaccard: 0.5 },
      { first: 1, second: 2, jaccard: 0.9 },
    ])
    const copies = await foundPairs(Array<string>(500).fill(texts[0]!), 1, 0.5)
    expect([copies.similar.pairs, copies.similar.compared]).toEqual([(500 * 499) / 2, 0])
  })

  it('hang together in clusters: a text and what can be reached from it', async () => {
    const texts = madeTexts(7, 150)
    const { similar, pairs } = await foundPairs(texts, 2, 0.5)
    const clusters = similar.clusters()
    const neighbours = texts.map((): number[] => [])
    for (const { first, second } of pairs) {
      neighbours[first]!.push(second)
      neighbours[second]!.push(first)
    }
    for (const start of texts.keys()) {
      const reached = new Set([start])
      for (const text of reached) for (const next of neighbours[text]!) reached.add(next)
      expect(clusters.find(start)).toBe(Math.min(...reached))
    }
  })

  it('are none of texts without words, and one is known of the shortest', async () => {
    const { similar, pairs } = await foundPairs(
      ['', '!!!', '…', 'Hello', 'hello!', '안녕', '안녕'.normalize('NFD')],
      5,
      0.5,
    )
    expect(similar.empty).toBe(3)
    expect(pairs).toEqual([
      { first: 3, second: 4, jaccard: 1 },
      { first: 5, second: 6, jaccard: 1 },
    ])
  })
})

describe.skipIf(!existsSync(dialogues))(
  'DialogSum (skipped without the test data beside the repository)',
  () => {
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { dialogue: string }).dialogue)
    it('has 137 near-duplicates between train and dev, and nearly all of them are found, none wrong', async () => {
      const train = lines(gunzipSync(readFileSync(resolve(dialogues, 'dialogsum.train.jsonl.gz'))).toString())
      const dev = lines(readFileSync(resolve(dialogues, 'dialogsum.dev.jsonl'), 'utf8'))
      const texts = [...train, ...dev]
      const across = pairsBetween(train, dev, words.length, 0.5)
      expect(across.size).toBe(137)
      const { pairs } = await foundPairs(texts, words.length, 0.5)
      const jaccard = (first: number, second: number) => {
        const [one, other] = [first, second].map((text) => plainShingles(texts[text]!, words.length)) as [
          Set<string>,
          Set<string>,
        ]
        const both = [...one].filter((shingle) => other.has(shingle)).length
        return both / (one.size + other.size - both)
      }
      expect(
        pairs.filter((pair) => pair.jaccard !== jaccard(pair.first, pair.second) || pair.jaccard < 0.5),
      ).toEqual([])
      expect(pairs.length).toBeGreaterThan(2600)
      const found = pairs.filter(({ first, second }) => across.has(`${first} ${second}`))
      expect(found.length / across.size).toBeGreaterThanOrEqual(0.98)
    })
  },
)

describe('shingles', () => {
  const shinglesOf = async (options: ShingleOptions, text: string) => {
    const shingler = await Shingler.create(options)
    shingler.read(text)
    return shingler.values.slice(0, shingler.count)
  }
  const alike = async (options: ShingleOptions, a: string, b: string) => {
    const [one, other] = [await shinglesOf(options, a), await shinglesOf(options, b)]
    const shared = sharedShingles(one, other)
    return shared / (one.length + other.length - shared)
  }

  it('of words do not see case, normal form and punctuation', async () => {
    expect(
      await alike(
        { unit: 'word', length: 2 },
        '“한국어, 좋아요!” — Good',
        '한국어 좋아요 GOOD'.normalize('NFD'),
      ),
    ).toBe(1)
    expect(await alike({ unit: 'word', length: 2 }, '한국어 좋아요', '한국 어좋아요')).toBe(0)
  })

  it('of words are as many as there are distinct stretches', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const [text] = madeTexts(seed, 1)
      for (const length of [1, 2, 5])
        expect((await shinglesOf({ unit: 'word', length }, text!)).length).toBe(
          plainShingles(text!, length).size,
        )
    }
  })

  it('of characters may ignore how Korean is spaced', async () => {
    const [a, b] = ['정말 재미있는 영화였습니다', '정말재미있는영화 였습니다']
    expect(await alike({ unit: 'character', length: 3, ignoreSpaces: true }, a, b)).toBe(1)
    expect(await alike({ unit: 'character', length: 3 }, a, b)).toBeLessThan(0.6)
    expect(await alike({ unit: 'character', length: 3 }, a, a.replaceAll(' ', ' \n\t'))).toBe(1)
  })

  it('of characters take what lies beyond the first plane as one', async () => {
    expect((await shinglesOf({ unit: 'character', length: 2 }, '😀😁😂')).length).toBe(2)
    expect((await shinglesOf({ unit: 'word', length: 1 }, '𠮷野家 😀 x')).length).toBe(2)
  })

  it('of morphemes see the same stem under other endings', async () => {
    const [a, b] = ['학교에 간다', '학교로 간다']
    const byMorpheme = await alike({ unit: 'morpheme', length: 1 }, a, b)
    expect(byMorpheme).toBeGreaterThan(await alike({ unit: 'word', length: 1 }, a, b))
  })
})

describe('union–find', () => {
  it('knows after each pair which things belong together, by the lowest of them', () => {
    const random = randomStream(13, 1)
    const joined = new UnionFind(60)
    const labels = Array.from({ length: 60 }, (_, at) => at)
    for (let step = 0; step < 80; step++) {
      const [a, b] = [random.below(60), random.below(60)]
      joined.union(a, b)
      const [from, to] = [labels[a]!, labels[b]!]
      for (const [at, label] of labels.entries())
        if (label === from || label === to) labels[at] = Math.min(from, to)
      expect(labels.map((_, at) => joined.find(at))).toEqual(labels)
    }
  })
})

describe('minima', () => {
  it('of two sets together are the lower of their own', async () => {
    const shingler = await Shingler.create({ unit: 'word', length: 1 })
    const hasher = new MinHasher({ bands: 20, rows: 3 }, 5)
    const signature = (text: string) => {
      shingler.read(text)
      return [...hasher.signature(shingler.words, shingler.count)]
    }
    const [a, b] = ['a b c d e f', 'x y z']
    const [one, other] = [signature(a), signature(b)]
    expect(signature(`${a} ${b}`)).toEqual(one.map((least, at) => Math.min(least, other[at]!)))
    expect(new Set(signature('a b')).size).toBe(60)
  })

  it('agree, on average, as often as the sets are alike', async () => {
    const shingler = await Shingler.create({ unit: 'word', length: 1 })
    const random = randomStream(11, 9)
    const words = (count: number) => Array.from({ length: count }, () => `y${random.below(2 ** 31)}`)
    for (const [both, own] of [
      [5, 20],
      [20, 20],
      [60, 10],
    ] as const) {
      const jaccard = both / (both + 2 * own)
      const trials = 200
      let agreed = 0
      for (let seed = 0; seed < trials; seed++) {
        const hasher = new MinHasher({ bands: 64, rows: 1 }, seed)
        const shared = words(both)
        const [one, other] = [
          [...shared, ...words(own)],
          [...shared, ...words(own)],
        ].map((text) => {
          shingler.read(text.join(' '))
          return hasher.signature(shingler.words, shingler.count).slice()
        }) as [Int32Array, Int32Array]
        agreed += one.filter((least, at) => least === other[at]).length
      }
      // Four standard deviations.
      const error = 4 * Math.sqrt((jaccard * (1 - jaccard)) / (64 * trials))
      expect(Math.abs(agreed / (64 * trials) - jaccard)).toBeLessThan(error)
    }
  })
})

describe.skipIf(!existsSync(built))('threads (skipped before `npm run build`)', () => {
  it('find the same pairs, however many there are', async () => {
    const module = (await import(pathToFileURL(built).href)) as typeof import('./similar-texts.ts')
    const texts = madeTexts(12, 6000)
    const options = { shingles: { unit: 'word', length: 2 }, threshold: 0.5 } as const
    const here = [...(await findSimilarTexts(texts, options)).eachPair()]
    for (const threads of [2, 3])
      expect([...(await module.findSimilarTexts(texts, { ...options, threads })).eachPair()]).toEqual(here)
  })

  it('end with the signal', async () => {
    const module = (await import(pathToFileURL(built).href)) as typeof import('./similar-texts.ts')
    const signal = AbortSignal.abort(new Error('enough'))
    const options = { shingles: { unit: 'word', length: 2 }, threshold: 0.5, signal } as const
    for (const threads of [1, 2])
      await expect(module.findSimilarTexts(madeTexts(1, 50), { ...options, threads })).rejects.toThrow(
        'enough',
      )
  })
})

describe('bands', () => {
  it('find the share asked for of pairs at the threshold, by the pairs themselves', async () => {
    // Sets of 100 of which 67 are shared: a Jaccard index of 67 / 133, just above one half.
    const random = randomStream(1, 2)
    const pairs = 400
    const texts: string[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const words = (count: number) => Array.from({ length: count }, () => `x${random.below(2 ** 31)}`)
      const both = words(67)
      texts.push([...both, ...words(33)].join(' '), [...both, ...words(33)].join(' '))
    }
    const { similar, pairs: found } = await foundPairs(texts, 1, 0.5)
    const expected = meetingProbability(67 / 133, similar.bands)
    expect(expected).toBeGreaterThanOrEqual(0.98)
    // Four standard deviations of what chance may do.
    expect(found.length / pairs).toBeGreaterThan(
      expected - 4 * Math.sqrt((expected * (1 - expected)) / pairs),
    )
  })
})
