import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainByteLevelBpe, type TrainedTokenizer } from './byte-level-bpe.ts'
import { loadTokenizer } from './load-tokenizer.ts'
import { createTokenizer } from './tokenizer.ts'

const specials = ['<s>', '</s>', '<pad>', '<unk>', '#Person1#']
const text = "#Person1#: 육수를 끓였어요 👩‍👩‍👧‍👦 café 값싼 낱말, 값비싼 낱말. It's   fine.\n"

let folder: string
let tokenizer: TrainedTokenizer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-tokenizer-'))
  tokenizer = await trainByteLevelBpe([text, text, text], { vocabularySize: 330, specialTokens: specials })
})
afterAll(() => rm(folder, { recursive: true }))

/** Random well-formed text, half of it from scripts and marks that are easy to break. */
function randomText(next: () => number): string {
  const pick = () => {
    const kind = next()
    if (kind < 0.2) return 0xac00 + Math.floor(next() * 11_172)
    if (kind < 0.3) return 0x1100 + Math.floor(next() * 256)
    if (kind < 0.4)
      return [0x20, 0x0a, 0x09, 0xa0, 0x3000, 0x200d, 0xfe0f, 0xfeff, 0x85, 0x301][Math.floor(next() * 10)]!
    if (kind < 0.5) return 0x1f300 + Math.floor(next() * 0x300)
    if (kind < 0.7) return 0x20 + Math.floor(next() * 95)
    const any = Math.floor(next() * 0x110000)
    return any >= 0xd800 && any < 0xe000 ? 0x27 : any
  }
  return String.fromCodePoint(...Array.from({ length: 1 + Math.floor(next() * 40) }, pick))
}

function random(seed: number): () => number {
  return () => (seed = (Math.imul(seed, 48_271) >>> 0) % 0x7fffffff) / 0x7fffffff
}

describe('encode and decode', () => {
  it('give back any text exactly, whole and as a stream', () => {
    const next = random(7)
    for (let round = 0; round < 1000; round++) {
      const given = randomText(next)
      const ids = tokenizer.encode(given)
      expect(tokenizer.decode(ids)).toBe(given)
      const stream = tokenizer.decodeStream()
      expect(ids.map((id) => stream.push(id)).join('') + stream.flush()).toBe(given)
    }
  })

  it('read an unpaired surrogate as U+FFFD', () => {
    expect(tokenizer.decode(tokenizer.encode('가\ud83d나\udc00'))).toBe('가\ufffd나\ufffd')
  })

  it('put the special tokens around, and leave them out again', () => {
    const ids = tokenizer.encode('글', { addSpecialTokens: true })
    expect([ids[0], ids.at(-1)]).toEqual([tokenizer.specialTokens.bos, tokenizer.specialTokens.eos])
    expect(ids.slice(1, -1)).toEqual(tokenizer.encode('글'))
    expect(tokenizer.decode(ids)).toBe('글')
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe('<s>글</s>')
    expect(tokenizer.encode('', { addSpecialTokens: true })).toEqual([0, 1])
    expect(tokenizer.encode('')).toEqual([])
    expect(tokenizer.decode([])).toBe('')
  })

  it('know the special tokens by role and never split them', () => {
    expect(tokenizer.specialTokens).toEqual({ bos: 0, eos: 1, pad: 2, unk: 3, all: [0, 1, 2, 3, 4] })
    expect(tokenizer.encode('#Person1##Person1#')).toEqual([4, 4])
    expect(tokenizer.tokenToId('#Person1#')).toBe(4)
    expect(tokenizer.idToToken(4)).toBe('#Person1#')
    expect(tokenizer.tokenToId('없음')).toBeUndefined()
  })

  it('pass over ids outside the vocabulary', () => {
    expect(tokenizer.decode([...tokenizer.encode('가'), 99_999, ...tokenizer.encode('나')])).toBe('가나')
  })

  it('encode megabytes in one line and in one word', () => {
    const line = '육수를 끓였어요. It is fine! '.repeat(50_000)
    expect(tokenizer.decode(tokenizer.encode(line))).toBe(line)
    const word = '끓였어요육수'.repeat(60_000)
    const started = performance.now()
    const ids = tokenizer.encode(word)
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(tokenizer.decode(ids)).toBe(word)
  })
})

describe('decodeStream', () => {
  it('never hands out part of a character', () => {
    const bytes = createTokenizer(
      {
        version: '1.0',
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        post_processor: null,
        decoder: { type: 'ByteLevel' },
        model: { type: 'BPE', vocab: byteVocabulary(), merges: [] },
      },
      {},
    )
    const stream = bytes.decodeStream()
    const pieces = bytes.encode('값👩‍👧').map((id) => stream.push(id))
    expect(pieces.filter((piece) => piece !== '')).toEqual(['값', '👩', '\u200d', '👧'])
    expect(stream.flush()).toBe('')
  })

  it('gives U+FFFD for a character that was cut off', () => {
    const stream = tokenizer.decodeStream()
    const ids = tokenizer.encode('힣')
    expect(ids.length).toBeGreaterThan(1)
    expect(stream.push(ids[0]!)).toBe('')
    expect(stream.flush()).toBe('\ufffd')
    expect(stream.flush()).toBe('')
  })

  function byteVocabulary(): Record<string, number> {
    return Object.fromEntries(
      Array.from({ length: 256 }, (_, byte) => [tokenizer.idToToken(specials.length + byte)!, byte]),
    )
  }
})

describe('save and loadTokenizer', () => {
  it('come back as the same tokenizer', async () => {
    const place = join(folder, 'new', 'place')
    await tokenizer.save(place)
    const loaded = await loadTokenizer(place)
    expect(loaded.fingerprint).toBe(tokenizer.fingerprint)
    expect(loaded.specialTokens).toEqual(tokenizer.specialTokens)
    expect(loaded.encode(text, { addSpecialTokens: true })).toEqual(
      tokenizer.encode(text, { addSpecialTokens: true }),
    )
    const map: unknown = JSON.parse(await readFile(join(place, 'special_tokens_map.json'), 'utf8'))
    expect(map).toEqual({
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      pad_token: '<pad>',
      additional_special_tokens: ['#Person1#'],
    })
  })

  it('have another fingerprint when a merge, a role or a token differs, and the same when only layout does', async () => {
    const place = join(folder, 'changed')
    await tokenizer.save(place)
    const path = join(place, 'tokenizer.json')
    const json = JSON.parse(await readFile(path, 'utf8')) as { model: { merges: unknown[] }; version: string }
    const turned = Object.fromEntries(Object.entries(json).toReversed())
    await writeFile(path, JSON.stringify(turned))
    expect((await loadTokenizer(place)).fingerprint).toBe(tokenizer.fingerprint)
    const configPath = join(place, 'tokenizer_config.json')
    const config = await readFile(configPath, 'utf8')
    await writeFile(configPath, config.replace('"pad_token": "<pad>"', '"pad_token": "</s>"'))
    expect((await loadTokenizer(place)).fingerprint).not.toBe(tokenizer.fingerprint)
    await writeFile(configPath, config)
    json.model.merges.pop()
    await writeFile(path, JSON.stringify(json))
    expect((await loadTokenizer(place)).fingerprint).not.toBe(tokenizer.fingerprint)
  })

  it.each([
    ['{"model":', 'invalid-tokenizer'],
    ['[]', 'invalid-tokenizer'],
    ['{}', 'invalid-tokenizer'],
    ['{"model":{"type":"Nothing"},"added_tokens":[]}', 'invalid-tokenizer'],
    [undefined, 'missing-tokenizer'],
  ])('refuse %j in one line', async (content, code) => {
    const place = await mkdtemp(join(folder, 'bad-'))
    if (content !== undefined) await writeFile(join(place, 'tokenizer.json'), content)
    const refusal = loadTokenizer(place)
    await expect(refusal).rejects.toMatchObject({ code, message: expect.stringMatching(/^[^\n]+$/) })
  })
})
