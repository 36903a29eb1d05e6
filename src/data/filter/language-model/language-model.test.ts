import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { arpaBytes, readArpa } from './arpa.ts'
import fixture from './fixtures/kneser-ney.json' with { type: 'json' }
import { bitsPerCharacter, perplexity, type TextModel, trainLanguageModel } from './language-model.ts'
import { languageModelBytes, readLanguageModel, writeLanguageModel } from './model-file.ts'
import { NgramScorer } from './ngram-model.ts'

const { corpus, held } = fixture
const texts = () => corpus

const train = (order: number) => trainLanguageModel(texts, { order, units: 'spaced' })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-language-model-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Logarithms and back-off weights of an n-gram, as an ARPA file of the model gives them. */
function tableOf({ ngrams }: TextModel): Map<string, number[]> {
  const found = new Map<string, number[]>()
  let order = 0
  for (const line of Buffer.concat([...arpaBytes(ngrams)])
    .toString()
    .split('\n')) {
    const section = /^\\(\d+)-grams:$/.exec(line)
    if (section) order = Number(section[1])
    const [probability, words, backoff] = line.split('\t')
    if (words !== undefined) found.set(`${order} ${words}`, [Number(probability), Number(backoff ?? 0)])
  }
  return found
}

describe.each(fixture.models)('order $order beside KenLM', ({ order, counts, discounts, ngrams, scores }) => {
  it('has the same n-grams and discounts', async () => {
    const model = await train(order)
    expect(model.ngrams.trie.map(({ count }) => count)).toEqual(counts)
    model.ngrams.discounts!.forEach(({ amounts }, index) => {
      amounts.forEach((amount, count) => expect(amount).toBeCloseTo(discounts[index]![count]!, 4))
    })
  })

  it('gives n-grams the same probability and back-off weight', async () => {
    const table = tableOf(await train(order))
    for (const [length, words, probability, backoff] of ngrams) {
      const own = table.get(`${length} ${words}`)!
      expect(Math.abs(own[0]! - (probability as number))).toBeLessThan(1e-5)
      expect(Math.abs(own[1]! - (backoff as number))).toBeLessThan(1e-5)
    }
  })

  it('scores every word of other lines the same', async () => {
    const model = await train(order)
    const scorer = new NgramScorer(model.ngrams)
    held.forEach((line, index) => {
      const words = scorer.wordScores(line.split(' '))
      expect(words).toHaveLength(scores[index]!.length)
      words.forEach((score, word) => expect(Math.abs(score - scores[index]![word]![0]!)).toBeLessThan(1e-5))
      const whole = model.score(line)
      expect(whole.tokens).toBe(words.length)
      expect(whole.logProbability).toBeCloseTo(
        words.reduce((sum, score) => sum + score, 0),
        6,
      )
    })
  })
})

describe('a model', () => {
  it('shares out one among all words after any words', async () => {
    for (const order of [1, 2, 3, 5]) {
      const scorer = new NgramScorer((await train(order)).ngrams)
      const contexts = [
        '',
        'the',
        'of the',
        'never heard',
        corpus[0]!,
        corpus[3]!.split(' ').slice(0, 3).join(' '),
      ]
      for (const context of contexts) {
        const logarithms = scorer.distribution(context.split(' ').filter(Boolean))
        // `<s>`, at 1, is never predicted.
        const sum = logarithms.reduce((whole, value, id) => whole + (id === 1 ? 0 : 10 ** value), 0)
        expect(sum).toBeCloseTo(1, 4)
      }
    }
  })

  it('foretells what it was trained on better than the same words shuffled, and those better than unknown ones', async () => {
    const model = await train(4)
    const mean = (lines: readonly string[]) => perplexity(model.score(lines.join('\n')))
    const shuffled = corpus.map((line) =>
      line
        .split(' ')
        .map((word, index) => [(index * 7919) % 31, word] as const)
        .sort((a, b) => a[0] - b[0])
        .map(([, word]) => word)
        .join(' '),
    )
    expect(mean(corpus) * 3).toBeLessThan(mean(shuffled))
    expect(mean(shuffled)).toBeLessThan(mean(['qwx vvz qqj zzk', 'jjx']))
    expect(model.score('qwx the').unknown).toBe(1)
  })

  it('is the same in two trainings and after it was written and read', async () => {
    const [one, two] = [await train(5), await train(5)]
    expect(Buffer.compare(languageModelBytes(one), languageModelBytes(two))).toBe(0)
    const path = join(folder, 'one.model')
    await writeLanguageModel(path, one)
    const read = await readLanguageModel(path)
    for (const line of held) expect(read.score(line)).toEqual(one.score(line))
    expect(Buffer.compare(languageModelBytes(read), languageModelBytes(one))).toBe(0)
    const ngrams = one.ngrams.trie.reduce((sum, { count }) => sum + count, 0)
    expect((await readFile(path)).length).toBeLessThan(ngrams * 6)
  })

  it('refuses a file that is cut off, changed or of another kind', async () => {
    const bytes = Buffer.from(languageModelBytes(await train(3)))
    const path = join(folder, 'bad.model')
    const changed = Buffer.from(bytes)
    changed[changed.length - 200]! ^= 1
    for (const bad of [bytes.subarray(0, -5), changed, Buffer.from('{"a":1}\n'), Buffer.alloc(0)]) {
      await writeFile(path, bad)
      await expect(readLanguageModel(path)).rejects.toMatchObject({ code: 'invalid-language-model' })
    }
    await expect(readLanguageModel(join(folder, 'none'))).rejects.toMatchObject({ code: 'missing-file' })
  })

  it('passes over words that read like its own marks, and blank lines', async () => {
    const model = await trainLanguageModel(() => ['a b <s> c\n\n  \n', '', '</s> <unk>'], {
      order: 2,
      units: 'spaced',
    })
    expect(model.ngrams.vocabulary).toEqual(['<unk>', '<s>', '</s>', 'a', 'b', 'c'])
    expect(model.score('\n \n')).toEqual({ logProbability: 0, tokens: 0, unknown: 0, characters: 0 })
    expect(perplexity(model.score(''))).toBeNaN()
  })

  it('refuses an order that is none', async () => {
    for (const order of [0, 13, 2.5]) {
      await expect(train(order)).rejects.toMatchObject({ code: 'invalid-order' })
    }
  })
})

describe('ARPA files', () => {
  const small = join(import.meta.dirname, 'fixtures/small.arpa.gz')

  it('are read as KenLM reads them', async () => {
    const scorer = new NgramScorer((await readArpa(small)).ngrams)
    held.forEach((line, index) => {
      scorer.wordScores(line.split(' ')).forEach((score, word) => {
        expect(Math.abs(score - fixture.small.scores[index]![word]![0]!)).toBeLessThan(1e-5)
      })
    })
  })

  it('come back as they were written, and so does the short file of what was read from one', async () => {
    const model = await train(3)
    const path = join(folder, 'model.arpa')
    await writeFile(path, Buffer.concat([...arpaBytes(model.ngrams)]))
    const read = await readArpa(path)
    const binary = join(folder, 'from-arpa.model')
    await writeLanguageModel(binary, read)
    const again = await readLanguageModel(binary)
    for (const line of held) {
      expect(read.score(line).logProbability).toBeCloseTo(model.score(line).logProbability, 4)
      expect(again.score(line)).toEqual(read.score(line))
    }
  })

  it('without the n-grams that others would back off to score as their weights say', async () => {
    const path = join(folder, 'pruned.arpa')
    // As SRILM prunes: `a b c` is there, `b c` is not.
    const lines = [
      '\\data\\',
      'ngram 1=6',
      'ngram 2=2',
      'ngram 3=1',
      '',
      '\\1-grams:',
      '-1 <unk>',
      '-99 <s> -0.5',
      '-1 </s>',
    ]
    lines.push(
      '-0.5 a -0.3',
      '-0.6 b -0.2',
      '-0.7 c -0.1',
      '',
      '\\2-grams:',
      '-0.4 <s> a -0.25',
      '-0.3 a b -0.15',
    )
    lines.push('', '\\3-grams:', '-0.1 a b c', '', '\\end\\')
    await writeFile(path, lines.join('\n'))
    const scores = new NgramScorer((await readArpa(path)).ngrams).wordScores(['a', 'b', 'c'])
    expect(scores[0]).toBeCloseTo(-0.4)
    // <s> a b: backs off from `<s> a`.
    expect(scores[1]).toBeCloseTo(-0.25 - 0.3)
    expect(scores[2]).toBeCloseTo(-0.1)
    // `b c` is missing, so the end after `a b c` is the end after `c`.
    expect(scores[3]).toBeCloseTo(-0.1 - 1)
  })

  it('that are broken are refused with the line', async () => {
    const good = [
      '\\data\\',
      'ngram 1=3',
      'ngram 2=1',
      '',
      '\\1-grams:',
      '-1 <unk>',
      '0 <s> -1',
      '-1 </s>',
      '',
    ]
    const cases = [
      [...good, '\\2-grams:', '-1 <s> </s>'],
      [...good, '\\2-grams:', '-1 <s> x', '\\end\\'],
      [...good, '\\2-grams:', 'oops <s> </s>', '\\end\\'],
      [...good, '\\2-grams:', '-1 <s> </s>', '-1 <s> </s>', '\\end\\'],
      [...good, '\\2-grams:', '\\end\\'],
      [...good, '\\3-grams:', '\\end\\'],
    ]
    const path = join(folder, 'broken.arpa')
    for (const lines of cases) {
      await writeFile(path, lines.join('\n'))
      await expect(readArpa(path)).rejects.toMatchObject({ code: 'invalid-arpa' })
    }
  })
})

describe('units', () => {
  const korean = ['국물이 끓으면 불을 줄여요.', '국물을 오래 끓이면 진해져요.', '불을 줄이면 국물이 맑아요.']

  it.each(['words', 'characters', 'morphemes', 'pieces'] as const)('%s of Korean', async (units) => {
    const model = await trainLanguageModel(() => Array.from({ length: 20 }, () => korean).flat(), {
      order: 3,
      units,
      pieces: 320,
    })
    const own = perplexity(model.score(korean[0]!))
    expect(own).toBeLessThan(perplexity(model.score('불을 국물이 줄여요 끓으면.')))
    expect(model.score(korean[0]!.normalize('NFD'))).toMatchObject({ unknown: 0 })
    const path = join(folder, `${units}.model`)
    await writeLanguageModel(path, model)
    expect((await readLanguageModel(path)).score(korean[1]!)).toEqual(model.score(korean[1]!))
  })

  it('are cut from text as it is said', async () => {
    const cut = async (text: string, units: 'words' | 'characters', simplify = false) => {
      const model = await trainLanguageModel(() => [text], { order: 1, units, simplify })
      return model.ngrams.vocabulary.slice(3).sort()
    }
    expect(await cut('Don’t go, 3.5 km! 👍🏽가', 'words')).toEqual(
      ['!', ',', '.', '3', '5', 'Don', 'go', 'km', 't', '’', '가', '🏽', '👍'].sort(),
    )
    expect(await cut('AB 12', 'words', true)).toEqual(['00', 'ab'])
    expect(await cut('가 나', 'characters')).toEqual(['▁', '가', '나'].sort())
  })

  it('of characters measure bits for each', async () => {
    const model = await trainLanguageModel(() => corpus, { order: 5, units: 'characters' })
    const seen = bitsPerCharacter(model, corpus)
    const unseen = bitsPerCharacter(model, held)
    expect(seen.bits).toBeGreaterThan(0)
    expect(seen.bits).toBeLessThan(unseen.bits)
    // Shares of a uniform choice among the characters bound what a useful model takes.
    expect(unseen.bits).toBeLessThan(Math.log2(model.ngrams.vocabulary.length))
    expect(seen.unknownShare).toBe(0)
    const score = model.score('가 나\n👍')
    expect(score.characters).toBe(6)
  })
})
