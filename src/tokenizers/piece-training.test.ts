import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { trainPieceBpe } from './piece-bpe.ts'
import { commonPrefixes, repeatedStretches, suffixArray } from './suffix-array.ts'
import type { Tokenizer } from './tokenizer.ts'
import { trainUnigram } from './unigram.ts'
import { trainWordPiece } from './word-piece.ts'

interface Fixture {
  readonly texts: string[]
  readonly unigram: {
    readonly size: number
    readonly length: number
    readonly vocabulary: [string, number][]
  }[]
  readonly bpe: { readonly size: number; readonly tokens: string[] }[]
  readonly wordPiece: string[][]
}

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/piece-training.json'), 'utf8'),
) as Fixture

function tokensOf(tokenizer: Tokenizer): string[] {
  return Array.from({ length: tokenizer.vocabularySize }, (_, id) => tokenizer.idToToken(id)!)
}

function shared(one: readonly string[], other: readonly string[]): number {
  const set = new Set(other)
  return one.filter((token) => set.has(token)).length / one.length
}

const odd = [
  '육수를 끓여요 ㅋㅋㅋ',
  '漢字 한자 👩‍👧 café',
  '4 >> x0',
  '  두 칸  띄움 ',
  'It\u2019s\ttabs\nand lines',
]

describe('trainUnigram', () => {
  it.each(fixture.unigram)(
    'learns the pieces of the Rust library: $size of up to $length',
    async (expected) => {
      const trained = await trainUnigram(fixture.texts, {
        vocabularySize: expected.size,
        maximumPieceLength: expected.length,
        byteFallback: false,
      })
      expect(tokensOf(trained).toSorted()).toEqual(expected.vocabulary.map(([piece]) => piece).toSorted())
    },
  )

  it('gives back any text, in few tokens where it is like those it has seen', async () => {
    const options = { vocabularySize: 700, normalizer: 'none' } as const
    const trained = await trainUnigram([...fixture.texts, 'x >> 4'], options)
    for (const text of odd) expect(trained.decode(trained.encode(text))).toBe(text)
    expect(trained.encode('육수를 끓이면').length).toBeLessThan(7)
    expect(trained.decode(trained.encode('<0x41>'))).toBe('<0x41>')
  })

  it('writes the characters beyond its alphabet as bytes', async () => {
    const trained = await trainUnigram(fixture.texts, { vocabularySize: 350, alphabetLimit: 60 })
    expect(tokensOf(trained)).toHaveLength(350)
    expect(trained.decode(trained.encode('漢字'))).toBe('漢字')
    expect(trained.encode('漢')).toHaveLength(4)
  })

  it('refuses a vocabulary that cannot hold the characters, and tokens without an unknown one', async () => {
    const refusal = trainUnigram(fixture.texts, { vocabularySize: 300 })
    await expect(refusal).rejects.toMatchObject({ code: 'vocabulary-too-small' })
    const other = trainUnigram(fixture.texts, { vocabularySize: 900, specialTokens: ['<s>'] })
    await expect(other).rejects.toMatchObject({ code: 'invalid-special-token' })
  })
})

describe('trainPieceBpe', () => {
  it.each(fixture.bpe)('learns the tokens of the Rust library: $size', async (expected) => {
    const trained = await trainPieceBpe(fixture.texts, {
      vocabularySize: expected.size,
    })
    expect(tokensOf(trained)).toEqual(expected.tokens)
  })

  it('gives back any text', async () => {
    const trained = await trainPieceBpe(fixture.texts, { vocabularySize: 700 })
    for (const text of odd) expect(trained.decode(trained.encode(text))).toBe(text)
  })
})

describe('trainWordPiece', () => {
  it('learns what the Rust library learns, as far as that agrees with itself', async () => {
    const trained = await trainWordPiece(fixture.texts, { vocabularySize: 420 })
    const tokens = tokensOf(trained)
    const own = fixture.wordPiece.flatMap((one, place) =>
      fixture.wordPiece.slice(place + 1).map((other) => shared(one, other)),
    )
    expect(Math.min(...fixture.wordPiece.map((run) => shared(tokens, run)))).toBeGreaterThanOrEqual(
      Math.min(...own) - 0.01,
    )
    const always = fixture.wordPiece[0]!.filter((token) =>
      fixture.wordPiece.every((run) => run.includes(token)),
    )
    expect(shared(always, tokens)).toBeGreaterThan(0.98)
  })

  it('keeps Korean syllables whole in small letters too, and frames a text as BERT does', async () => {
    const trained = await trainWordPiece(['육수 Stock', '육수 stock', '육수'], {
      vocabularySize: 60,
      lowercase: true,
    })
    const ids = trained.encode('육수 STOCK', { addSpecialTokens: true })
    expect(ids.map((id) => trained.idToToken(id))).toEqual(['[CLS]', '육수', 'stock', '[SEP]'])
    expect(trained.encode('\u110b\u1172\u11a8\u1109\u116e')).toEqual(trained.encode('육수'))
    expect(trained.decode(ids)).toBe('육수 stock')
    expect(trained.encode('漢').map((id) => trained.idToToken(id))).toEqual(['[UNK]'])
  })
})

describe('repeatedStretches', () => {
  it('finds the stretches that occur again with another end', () => {
    let seed = 9
    const next = () => (seed = (Math.imul(seed, 48_271) >>> 0) % 0x7fffffff) / 0x7fffffff
    for (let round = 0; round < 60; round++) {
      const symbols = Int32Array.from({ length: 1 + Math.floor(next() * 40) }, () => Math.floor(next() * 3))
      const order = suffixArray(symbols)
      const tail = (place: number) => symbols.subarray(place).join(' ')
      // Numbers of one digit, so that text is in the order of the numbers.
      expect(Array.from(order, tail)).toEqual(Array.from(order, tail).sort())
      expect(commonPrefixes(symbols, order)).toHaveLength(symbols.length)
      const found = new Map<string, number>()
      repeatedStretches(symbols, (place, length, count) => {
        found.set(symbols.subarray(place, place + length).join(' '), count)
      })
      expect(found).toEqual(stretchesOf(symbols))
    }
  })

  function stretchesOf(symbols: Int32Array): Map<string, number> {
    const ends = new Map<string, (number | undefined)[]>()
    for (let start = 0; start < symbols.length; start++) {
      for (let end = start + 1; end <= symbols.length; end++) {
        const key = symbols.subarray(start, end).join(' ')
        ends.set(key, [...(ends.get(key) ?? []), symbols[end]])
      }
    }
    const branching = [...ends].filter(([, next]) => new Set(next).size > 1)
    return new Map(branching.map(([key, next]) => [key, next.length]))
  }
})
