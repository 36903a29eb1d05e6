import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sentencePieceJson } from './sentencepiece-json.ts'
import { readSentencePieceModel } from './sentencepiece-model.ts'
import { tiktokenEncodings, tiktokenJson } from './tiktoken.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'

interface Fixture {
  readonly probes: string[]
  readonly cases: {
    readonly name: string
    readonly json: object
    readonly ids: number[][]
    readonly framed: number[]
    readonly text: string[]
  }[]
  readonly models: {
    readonly name: string
    readonly model: string
    readonly ids: number[][]
    readonly text: string[]
  }[]
  readonly sums: Readonly<Record<string, string>>
}

const { probes, cases, models, sums } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/encoders.json'), 'utf8'),
) as Fixture

/** What a tokenizer makes of probes, each beside the probe so that a failure names it. */
function encoded(tokenizer: Tokenizer, texts: readonly string[]): [string, number[]][] {
  return texts.map((text) => [text, tokenizer.encode(text)])
}

describe('a tokenizer.json gives what the Rust library gives', () => {
  it.each(cases)('$name', ({ name, json, ids, framed, text }) => {
    const tokenizer = createTokenizer(json, {})
    const expected = probes.map((probe, place) => [probe, ids[place]])
    expect(encoded(tokenizer, probes)).toEqual(expected)
    // What was remembered gives the same.
    expect(encoded(tokenizer, probes)).toEqual(expected)
    expect(tokenizer.encode('글', { addSpecialTokens: true })).toEqual(framed)
    // The library writes normalized tokens as they are looked for, here in small letters, and takes the result for bytes.
    const isOwn = (place: number) =>
      name.includes('normalized tokens') && /café|key/i.test(probes[place]!.normalize())
    const decoded = ids.map((each, place) =>
      isOwn(place) ? text[place] : tokenizer.decode(each, { skipSpecialTokens: false }),
    )
    expect(decoded).toEqual(text)
  })
})

describe('bytes without a character', () => {
  it('are written as U+FFFD each, as the Rust library writes them', () => {
    const { json } = cases.find(({ name }) => name === 'Unigram, bytes')!
    const tokenizer = createTokenizer(json, {})
    const bytes = ['<0xEC>', '<0x9C>', '<0x41>'].map((token) => tokenizer.tokenToId(token)!)
    expect(tokenizer.decode(bytes)).toBe('\ufffd\ufffd\ufffd')
    expect(tokenizer.decode(bytes.slice(2))).toBe('A')
  })
})

/** What `tokenizer.json` has a way to say, as far as a SentencePiece model does it. */
function isComparable(probe: string, name = ''): boolean {
  // SentencePiece never finds a control piece or a byte's piece in text.
  if (/<s>|<\/s>|<unk>|<0x41>/.test(probe)) return false
  // It puts the prefix before a symbol, and before spaces that it takes off, too.
  if (name === 'unigram, bytes and a symbol' && /^( |#Person1#)/.test(probe)) return false
  // It takes the longest entry of its table, which is that of several characters.
  return !name.includes('table') || !/[\p{M}\u1100-\u11ff]/u.test(probe)
}

describe('a SentencePiece model gives what SentencePiece gives', () => {
  it.each(models)('$name', ({ name, model, ids, text }) => {
    const json = sentencePieceJson(readSentencePieceModel(Buffer.from(model, 'base64')))
    const tokenizer = createTokenizer(json, {})
    const places = probes.flatMap((probe, place) => (isComparable(probe, name) ? [place] : []))
    expect(places.length).toBeGreaterThan(30)
    expect(
      encoded(
        tokenizer,
        places.map((place) => probes[place]!),
      ),
    ).toEqual(places.map((place) => [probes[place], ids[place]]))
    // It writes a sign for what is unknown.
    const known = places.filter((place) => !text[place]!.includes('\u2047'))
    expect(known.map((place) => tokenizer.decode(ids[place]!))).toEqual(known.map((place) => text[place]))
  })

  it('adds the tokens around a text that are asked for', () => {
    const bytes = Buffer.from(models.at(-2)!.model, 'base64')
    const model = readSentencePieceModel(bytes)
    const tokenizer = createTokenizer(sentencePieceJson(model, { addBos: true, addEos: true }), {})
    const framed = tokenizer.encode('글', { addSpecialTokens: true })
    expect([framed[0], framed.at(-1)]).toEqual([tokenizer.tokenToId('<s>'), tokenizer.tokenToId('</s>')])
    expect(framed.slice(1, -1)).toEqual(tokenizer.encode('글'))
  })

  it.each([Buffer.alloc(0), Buffer.from('not a model'), Buffer.from([0x0a, 0x7f, 1])])(
    'refuses what is no model: %s',
    (bytes) => {
      expect(() => readSentencePieceModel(bytes)).toThrow(/not a SentencePiece model/)
    },
  )
})

describe('the unknown piece of a unigram model', () => {
  /** Ids by the pieces `<unk>`, `bcd`, `ab`, `cd` of the given scores; the lowest is that of `ab`. */
  const encode = (text: string, cd: number) =>
    createTokenizer(
      {
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: null,
        model: {
          type: 'Unigram',
          unk_id: 0,
          vocab: [
            ['<unk>', 0],
            ['bcd', -1],
            ['ab', -15],
            ['cd', cd],
          ],
          byte_fallback: false,
        },
      },
      {},
    ).encode(text)

  it('costs ten more than the rarest piece, as in the Rust library', () => {
    // An unknown `a` before `bcd` costs −25 − 1: more than −15 − 10, and less than −15 − 12.
    expect(encode('abcd', -10)).toEqual([2, 3])
    expect(encode('abcd', -12)).toEqual([0, 1])
  })

  it('is one for unknown letters that follow each other', () => {
    expect(encode('가나bcd다', -10)).toEqual([0, 1, 0])
  })
})

describe('tiktoken', () => {
  it('refuses a line of another form, by its number', () => {
    const { r50k_base } = tiktokenEncodings
    expect(() => tiktokenJson('IQ== 0\nIg==\n', r50k_base)).toThrow(/Line 2/)
  })
})

const data = resolve(import.meta.dirname, '../../../shared/data/fixtures')
describe.skipIf(!existsSync(data))('published vocabularies (skipped without ../shared/data)', () => {
  const lines = [
    "육수를 끓였어요. It's fine! ".repeat(20_000),
    '가나다라'.repeat(60_000),
    'ab'.repeat(200_000),
    '日本語'.repeat(50_000),
  ]
  const sumOf = (tokenizer: Tokenizer, texts: readonly string[]) => {
    const ids = JSON.stringify(texts.map((text) => tokenizer.encode(text)))
    return createHash('sha256').update(ids).digest('hex')
  }
  const tiktoken = (name: 'cl100k_base' | 'o200k_base' | 'r50k_base') =>
    createTokenizer(
      tiktokenJson(readFileSync(join(data, `tiktoken/${name}.tiktoken`), 'utf8'), tiktokenEncodings[name]),
      {},
    )

  it.each(['cl100k_base', 'o200k_base'] as const)(
    '%s: the ids of the Rust library',
    (name) => {
      expect(sumOf(tiktoken(name), [...probes, ...lines])).toBe(sums[name])
    },
    240_000,
  )

  it('GPT-2: the ids of the Rust library, from its own merges and from tiktoken', () => {
    const merges = readFileSync(join(data, 'tiktoken/vocab.bpe'), 'utf8').split('\n').slice(1).filter(Boolean)
    const tokenizer = createTokenizer(
      {
        added_tokens: [{ id: 50256, content: '<|endoftext|>', special: true, normalized: false }],
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        decoder: { type: 'ByteLevel' },
        model: {
          type: 'BPE',
          vocab: JSON.parse(readFileSync(join(data, 'tiktoken/encoder.json'), 'utf8')) as object,
          merges,
        },
      },
      {},
    )
    expect(sumOf(tokenizer, [...probes, ...lines])).toBe(sums.gpt2)
    expect(sumOf(tiktoken('r50k_base'), [...probes, ...lines])).toBe(sums.gpt2)
  }, 240_000)

  it('Llama 2: the ids of the Rust library and of SentencePiece', () => {
    const model = readSentencePieceModel(readFileSync(join(data, 'llama2.tokenizer.model')))
    const tokenizer = createTokenizer(sentencePieceJson(model, { addBos: true }), {})
    expect(sumOf(tokenizer, [...probes, ...lines])).toBe(sums.llama2)
    expect(
      sumOf(
        tokenizer,
        [...probes, ...lines].filter((probe) => isComparable(probe)),
      ),
    ).toBe(sums['llama2 by sentencepiece'])
  }, 240_000)
})
