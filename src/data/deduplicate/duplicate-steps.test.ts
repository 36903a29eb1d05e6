import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { CorpusStepDefinition, RowOutcome, RowValues } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { exactDuplicates, lineDuplicates, nearDuplicates } from './index.ts'

const reviewFile = resolve(import.meta.dirname, '../../../../shared/data/korean/nsmc-reviews-200k.tsv.gz')

const rowsOf = (texts: readonly string[]) => texts.map((text) => ({ text }))

async function outcomesOf<Options>(
  step: CorpusStepDefinition<Options>,
  texts: readonly string[],
  options: unknown = {},
): Promise<{ outcomes: RowOutcome[]; figures: Readonly<Record<string, unknown>>; kept: string[] }> {
  const { outcomes, plan } = await runCorpusStep(step, rowSource(rowsOf(texts)), options)
  const kept = texts.flatMap((text, index) => {
    const outcome = outcomes[index]
    if (outcome === undefined) return [text]
    return 'values' in outcome ? [String((outcome.values as RowValues).text)] : []
  })
  return { outcomes, figures: plan.figures!, kept }
}

const dropped = (outcomes: readonly RowOutcome[]) =>
  outcomes.flatMap((outcome, index) => (outcome !== undefined && 'drop' in outcome ? [index] : []))

/** Texts that are often the same, in their letters or altogether. */
function madeTexts(seed: number, count: number): string[] {
  const random = randomStream(seed, 3)
  const words = ['한국어', 'Text', 'row', '영화', 'a', '!!', '…']
  return Array.from({ length: count }, () =>
    Array.from({ length: random.below(4) }, () => random.pick(words)).join(random.pick([' ', '  ', '\n'])),
  )
}

function reviews(count: number): string[] {
  const lines = gunzipSync(readFileSync(reviewFile))
    .toString()
    .split('\n')
    .slice(1, count + 1)
  return lines.map((line) => line.split('\t')[4]!)
}

describe('exact duplicates', () => {
  it('keep the first of each text, and name it', async () => {
    const texts = ['같은 글', 'b', ' 같은\n글 ', '같은 글'.normalize('NFD'), 'B', '']
    const { outcomes, figures } = await outcomesOf(exactDuplicates, texts)
    expect(dropped(outcomes)).toEqual([2, 3])
    expect(outcomes[2]).toMatchObject({ evidence: { keptFile: 'rows.jsonl', keptRow: 1 } })
    expect(figures).toEqual({ clusters: 1, pairs: 3 })
  })

  it.each([
    ['text', [3]],
    ['spaces', [1, 3]],
    ['letters', [1, 2, 3]],
  ])('by %s', async (compare, expected) => {
    const { outcomes } = await outcomesOf(exactDuplicates, ['A b', 'A  b', 'ab!', 'A b', '!', '?'], {
      compare,
    })
    expect(dropped(outcomes)).toEqual(expected)
  })

  it.each(['text', 'spaces', 'letters'])(
    'by %s leave what a set of texts would, and nothing the second time',
    async (compare) => {
      for (let seed = 0; seed < 10; seed++) {
        const texts = madeTexts(seed, 200)
        const { kept } = await outcomesOf(exactDuplicates, texts, { compare })
        const form = (text: string) =>
          compare === 'text'
            ? text
            : compare === 'spaces'
              ? text.split(/\s+/).filter(Boolean).join(' ')
              : (text
                  .toLowerCase()
                  .match(/[\p{L}]/gu)
                  ?.join('') ?? '')
        const forms = texts.map(form)
        expect(kept).toEqual(texts.filter((_, at) => forms[at] === '' || forms.indexOf(forms[at]!) === at))
        expect((await outcomesOf(exactDuplicates, kept, { compare })).kept).toEqual(kept)
      }
    },
  )
})

describe('repeated lines', () => {
  const frame = 'Subscribe to our newsletter, page 12 of 40'
  it('go from every document that has them, the rest of the row stays', async () => {
    const texts = ['첫째 문서의 본문입니다.', '둘째 문서의 본문입니다.', '셋째'].map(
      (text, at) => `${text}\n${frame.replace('12', String(at))}\n`,
    )
    const { outcomes, kept } = await outcomesOf(lineDuplicates, texts, { maximumDocuments: 2 })
    expect(kept).toEqual(['첫째 문서의 본문입니다.', '둘째 문서의 본문입니다.', '셋째'])
    expect(outcomes[0]).toMatchObject({ changes: { 'repeated-line': 1 } })
    expect((await outcomesOf(lineDuplicates, texts, { maximumDocuments: 3 })).kept).toEqual(texts)
  })

  it('count once a document, and short ones stay', async () => {
    const often = `${frame}\n${frame}\n${frame}`
    expect((await outcomesOf(lineDuplicates, [often, 'x'], { maximumDocuments: 1 })).kept).toEqual([
      often,
      'x',
    ])
    const answers = ['네.\n아니요, 괜찮습니다.', '네.\n좋아요.', '네.']
    expect((await outcomesOf(lineDuplicates, answers, { maximumDocuments: 1 })).kept).toEqual(answers)
  })

  it('drop a row that has nothing else', async () => {
    const { outcomes } = await outcomesOf(lineDuplicates, [frame, `${frame}\nmore`], { maximumDocuments: 1 })
    expect(outcomes[0]).toMatchObject({ drop: 'only-repeated-lines' })
    expect(outcomes[1]).toMatchObject({ values: { text: 'more' } })
  })

  it('are those a plain count finds, over many lines, and are gone the second time', async () => {
    const random = randomStream(4, 4)
    const line = () =>
      `the line of number ${'abcdefghij'[random.below(10)]!.repeat(1 + random.below(700))} here`
    const texts = Array.from({ length: 1500 }, () =>
      Array.from({ length: 1 + random.below(8) }, line).join('\n'),
    )
    const documents = new Map<string, number>()
    for (const text of texts)
      for (const one of new Set(text.split('\n'))) documents.set(one, (documents.get(one) ?? 0) + 1)
    const { kept } = await outcomesOf(lineDuplicates, texts, { maximumDocuments: 1 })
    const expected = texts
      .map((text) =>
        text
          .split('\n')
          .filter((one) => documents.get(one)! <= 1)
          .join('\n'),
      )
      .filter((text) => text !== '')
    expect(documents.size).toBeGreaterThan(3000)
    expect(kept).toEqual(expected)
    expect((await outcomesOf(lineDuplicates, kept, { maximumDocuments: 1 })).kept).toEqual(kept)
  })
})

describe('near-duplicates', () => {
  const sentence = 'the quick brown fox jumps over the lazy dog and then runs away from the angry farmer'
  it('keep the longest of a cluster, or the first', async () => {
    const texts = ['something else altogether', sentence, `${sentence} again`, `${sentence} again at night`]
    const longest = await outcomesOf(nearDuplicates, texts)
    expect(longest.kept).toEqual([texts[0], texts[3]])
    expect(longest.figures).toEqual({ clusters: 1, pairs: 3 })
    const first = await outcomesOf(nearDuplicates, texts, { keep: 'first' })
    expect(first.kept).toEqual([texts[0], texts[1]])
    expect(first.outcomes[2]).toEqual({
      drop: 'near-duplicate',
      evidence: { keptFile: 'rows.jsonl', keptRow: 2, similarity: 13 / 14 },
    })
  })

  it('of equal length keep the first', async () => {
    const texts = [`${sentence} a`, `${sentence} b`]
    expect((await outcomesOf(nearDuplicates, texts)).kept).toEqual([texts[0]])
  })

  it('refuse what is no shingle', () => {
    expect(nearDuplicates.options.safeParse({ shingle: 'words:5' }).success).toBe(false)
    expect(nearDuplicates.options.safeParse({ shingle: 'word:0' }).success).toBe(false)
    expect(nearDuplicates.options.safeParse({ shingle: 'morpheme:3' }).success).toBe(true)
  })

  it.skipIf(!existsSync(reviewFile))(
    'of Korean reviews are as good as gone the first time, and nothing goes the second (skipped without the test data)',
    async () => {
      const texts = reviews(4000)
      const options = { shingle: 'character:3', ignoreSpaces: true, threshold: 0.6 }
      const once = await outcomesOf(nearDuplicates, texts, options)
      expect(once.kept.length).toBeLessThan(texts.length - 10)
      const similarities = once.outcomes.flatMap((outcome) =>
        outcome !== undefined && 'drop' in outcome ? [Number(outcome.evidence!.similarity)] : [],
      )
      // Of a chain, the ends may be less alike than the threshold.
      expect(
        similarities.filter((similarity) => similarity >= 0.6).length / similarities.length,
      ).toBeGreaterThan(0.8)
      const twice = await outcomesOf(nearDuplicates, once.kept, options)
      expect(twice.kept).toEqual(once.kept)
    },
  )
})
