import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { trainByteLevelBpe } from './byte-level-bpe.ts'
import { createEncoder } from './testing-encoder-library.ts'
import { byteLevelBpeJson } from './tokenizer-json.ts'

interface Fixture {
  readonly probes: string[]
  readonly sums: { readonly dickens: string; readonly reviews: string }
  readonly cases: {
    readonly name: string
    readonly texts: string[]
    readonly options: {
      readonly special?: string[]
      readonly normalizer?: 'NFC'
      readonly prefix?: boolean
      readonly minimum?: number
      readonly size?: number
      readonly alphabet?: boolean
      readonly pattern?: string
      readonly isolate?: boolean
    }
    readonly tokens: string[]
    readonly merges: [string, string][]
    readonly ids: number[][]
  }[]
}

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/byte-level-bpe.json'), 'utf8'),
) as Fixture

function trainCase({ texts, options }: Fixture['cases'][number]) {
  return trainByteLevelBpe(texts, {
    vocabularySize: options.size ?? 500,
    minimumFrequency: options.minimum,
    specialTokens: options.special,
    isolateSpecialTokens: options.isolate ?? false,
    normalizer: options.normalizer,
    addPrefixSpace: options.prefix,
    splitPattern: options.pattern,
    initialAlphabet: options.alphabet === false ? [] : undefined,
  })
}

describe('trainByteLevelBpe equals the Rust library', () => {
  it.each(fixture.cases)('$name: tokens, merges and ids', async (expected) => {
    const trained = await trainCase(expected)
    const tokens = Array.from({ length: trained.vocabularySize }, (_, id) => trained.idToToken(id))
    expect(tokens).toEqual(expected.tokens)
    expect(trained.merges).toEqual(expected.merges)
    expected.ids.forEach((ids, i) => expect(trained.encode(fixture.probes[i]!)).toEqual(ids))
  })

  it('has cases that tell isolation of special tokens apart', () => {
    const [mixed, isolated] = ['mixed', 'mixed, dialogue tokens isolated'].map((name) =>
      fixture.cases.find((each) => each.name === name),
    )
    expect(mixed!.tokens).toContain('Person')
    expect(isolated!.merges.map((merge) => merge.join(''))).not.toContain('Person')
  })

  const data = resolve(import.meta.dirname, '../../../shared/data')
  const lines = (path: string) =>
    gunzipSync(readFileSync(join(data, path)))
      .toString('utf8')
      .split('\n')
  const corpora = {
    dickens: () => lines('text/dickens.txt.gz'),
    reviews: () =>
      lines('korean/nsmc-reviews-200k.tsv.gz')
        .slice(1)
        .filter((line) => line !== '')
        .map((line) => line.split('\t')[4]!),
  }
  describe.skipIf(!existsSync(data))('on real texts (skipped without ../shared/data)', () => {
    it.each(['dickens', 'reviews'] as const)(
      '%s: the sum of 16k merges',
      async (name) => {
        const { merges } = await trainByteLevelBpe(corpora[name](), { vocabularySize: 16_000 })
        const sum = createHash('sha256').update(merges.map((merge) => merge.join(' ')).join('\n'))
        expect(sum.digest('hex')).toBe(fixture.sums[name])
      },
      240_000,
    )
  })
})

describe('trainByteLevelBpe', () => {
  it('learns the same from an asynchronous source in any order of texts', async () => {
    const texts = fixture.cases[0]!.texts
    async function* reversed() {
      yield* texts.toReversed()
    }
    const options = { vocabularySize: 400, specialTokens: ['<s>', '</s>'] }
    const [one, other] = [
      await trainByteLevelBpe(texts, options),
      await trainByteLevelBpe(reversed(), options),
    ]
    expect(one.merges).toEqual(other.merges)
    expect(one.fingerprint).toBe(other.fingerprint)
  })

  it('reports progress up to the size of the vocabulary', async () => {
    const stages: string[] = []
    const words = Array.from({ length: 5000 }, (_, i) => `낱말${i} 낱말${i}`)
    await trainByteLevelBpe(words, {
      vocabularySize: 1024,
      onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`),
    })
    expect(stages[0]).toBe('counting-texts 4096/undefined')
    expect(stages.at(-1)).toBe('learning-merges 1024/1024')
  })

  it.each([
    [{ vocabularySize: 200 }, 'vocabulary-too-small'],
    [{ vocabularySize: 300, specialTokens: [''] }, 'invalid-special-token'],
    [{ vocabularySize: 300, roles: { bos: '<start>' } }, 'invalid-special-token'],
    [{ vocabularySize: 300, splitPattern: '(' }, 'invalid-split-pattern'],
    [{ vocabularySize: 300, splitPattern: '.', addPrefixSpace: true }, 'invalid-split-pattern'],
  ])('refuses %j with one line', async (options, code) => {
    const refusal = trainByteLevelBpe(['글'], options)
    await expect(refusal).rejects.toMatchObject({ code, message: expect.stringMatching(/^[^\n]+$/) })
  })

  it('refuses texts without a character', async () => {
    await expect(trainByteLevelBpe(['', ''], { vocabularySize: 300 })).rejects.toMatchObject({
      code: 'no-text',
    })
  })

  it('encodes as the library would with the same files', async () => {
    const trained = await trainByteLevelBpe(fixture.cases[0]!.texts, {
      vocabularySize: 450,
      specialTokens: ['<s>', '</s>', '#Person1#'],
      normalizer: 'NFC',
    })
    const tokens = Array.from({ length: trained.vocabularySize }, (_, id) => trained.idToToken(id)!)
    const json = byteLevelBpeJson({
      tokens,
      merges: trained.merges.map(([left, right]) => [tokens.indexOf(left), tokens.indexOf(right)] as const),
      specialTokens: ['<s>', '</s>', '#Person1#'],
      roles: { bos: '<s>', eos: '</s>' },
      normalizer: 'NFC',
      addPrefixSpace: false,
      splitPattern: undefined,
    })
    const library = createEncoder(json, {})
    for (const probe of fixture.probes) {
      for (const special of [false, true]) {
        const { ids } = library.encode(probe, { add_special_tokens: special })
        expect(trained.encode(probe, { addSpecialTokens: special })).toEqual(ids)
      }
    }
  })

  it('applies merges in the order of the library where many overlap', async () => {
    let seed = 5
    const next = () => (seed = (Math.imul(seed, 48_271) >>> 0) % 0x7fffffff) / 0x7fffffff
    const word = () => Array.from({ length: 60 }, () => 'aab'[Math.floor(next() * 3)]).join('')
    const texts = Array.from({ length: 30 }, word)
    const trained = await trainByteLevelBpe(texts, { vocabularySize: 500, minimumFrequency: 1 })
    const tokens = Array.from({ length: trained.vocabularySize }, (_, id) => trained.idToToken(id)!)
    const merges = trained.merges.map(
      ([left, right]) => [tokens.indexOf(left), tokens.indexOf(right)] as const,
    )
    const parts = {
      tokens,
      merges,
      specialTokens: [],
      roles: {},
      normalizer: undefined,
      addPrefixSpace: false,
    }
    const library = createEncoder(byteLevelBpeJson({ ...parts, splitPattern: undefined }), {})
    for (const probe of Array.from({ length: 500 }, word)) {
      expect(trained.encode(probe)).toEqual(library.encode(probe, { add_special_tokens: false }).ids)
    }
  })
})
