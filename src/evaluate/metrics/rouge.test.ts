import { describe, expect, it } from 'vitest'
import { YuksuError } from '../../errors.ts'
import { rougeNames } from './rouge-scorer.ts'
import { rougeUnits, scoreRouge } from './rouge.ts'
import type { RougeOptions, ScoredPair } from './rouge.ts'
import { randomSource } from './testing.ts'

const random = randomSource(11)
const english = ['#Person1#', 'asks', 'running', 'the', 'meeting', 'relational', '30', "don't", 'café', '😀']
const korean = [
  '#Person1#은',
  '회의를',
  '미뤘다.',
  '학교에',
  '갔어요',
  'AI가',
  '3시',
  'ㅋㅋㅋ',
  '❤️',
  '의사는',
]

function sentence(words: string[]): string {
  const length = 1 + Math.floor(random() * 25)
  const separator = () => (random() < 0.1 ? '\n' : ' ')
  return Array.from({ length }, () => words[Math.floor(random() * words.length)]! + separator()).join('')
}

function pairs(words: string[], count: number): ScoredPair[] {
  return Array.from({ length: count }, () => ({ references: [sentence(words)], prediction: sentence(words) }))
}

const settings: [string, string[], RougeOptions][] = [
  ['English words', english, { language: 'en' }],
  ['English stems', english, { language: 'en', stem: true }],
  ...rougeUnits.map((unit): [string, string[], RougeOptions] => [`Korean ${unit}s`, korean, { unit }]),
]

describe.each(settings)('%s', (_, words, options) => {
  const rows = pairs(words, 40)
  const quick = { ...options, resamples: 20 }

  it('score a text against itself as 1', async () => {
    const text = `${words.join(' ')}\n${words[0]} ${words[1]}`
    const report = await scoreRouge([{ references: [text], prediction: text }], quick)
    for (const name of rougeNames) expect(report[name]).toMatchObject({ precision: 1, recall: 1, f1: 1 })
  })

  it('swap precision and recall when reference and prediction change places', async () => {
    const turned = rows.map((row) => ({ references: [row.prediction], prediction: row.references[0]! }))
    const [there, back] = [await scoreRouge(rows, quick), await scoreRouge(turned, quick)]
    // ROUGE-Lsum alone is not symmetric: it unites over the lines of the reference.
    for (const name of ['rouge1', 'rouge2', 'rougeL'] as const) {
      expect(back[name].precision).toBeCloseTo(there[name].recall, 12)
      expect(back[name].recall).toBeCloseTo(there[name].precision, 12)
      expect(back[name].f1).toBeCloseTo(there[name].f1, 12)
    }
  })

  it('stay between 0 and 1, F1 between precision and recall, subsequences below the unigrams', async () => {
    for (const row of rows) {
      const report = await scoreRouge([row], { ...quick, resamples: 1 })
      for (const name of rougeNames) {
        const { precision, recall, f1 } = report[name]
        expect(f1).toBeGreaterThanOrEqual(Math.min(precision, recall) - 1e-12)
        expect(f1).toBeLessThanOrEqual(Math.max(precision, recall) + 1e-12)
        expect(Math.min(precision, recall)).toBeGreaterThanOrEqual(0)
        expect(Math.max(precision, recall)).toBeLessThanOrEqual(1)
      }
      expect(report.rougeL.f1).toBeLessThanOrEqual(report.rouge1.f1 + 1e-12)
      expect(report.rougeLsum.f1).toBeLessThanOrEqual(report.rouge1.f1 + 1e-12)
    }
  })

  it('do not depend on the order of rows and hold their means in the intervals', async () => {
    const report = await scoreRouge(rows, options)
    expect(await scoreRouge(rows.toReversed(), options)).toEqual(report)
    for (const name of rougeNames) {
      for (const part of ['precision', 'recall', 'f1'] as const) {
        const [low, high] = report[name].interval[part]
        expect(low).toBeLessThan(report[name][part])
        expect(high).toBeGreaterThan(report[name][part])
      }
    }
  })

  it('do not depend on the Unicode normal form', async () => {
    const decomposed = rows.map((row) => ({ ...row, prediction: row.prediction.normalize('NFD') }))
    expect(await scoreRouge(decomposed, quick)).toEqual(await scoreRouge(rows, quick))
  })
})

describe('several references', () => {
  const row = { references: ['a b c d', 'x b y d', 'b d'], prediction: 'b d' }

  it('average by default', async () => {
    const report = await scoreRouge([row])
    expect(report.rouge1.recall).toBeCloseTo((0.5 + 0.5 + 1) / 3, 12)
    expect(report.rouge1.precision).toBe(1)
    expect(report.aggregate).toBe('mean')
  })

  it('take the best for each measure by itself', async () => {
    const report = await scoreRouge([{ references: ['a b', 'b c a d'], prediction: 'b a' }], {
      aggregate: 'best',
    })
    expect(report.rouge1.f1).toBe(1)
    expect(report.rougeL.f1).toBeCloseTo(2 / 3, 12)
    expect((await scoreRouge([row], { aggregate: 'best' })).rouge2.f1).toBe(1)
  })
})

describe('what is reported', () => {
  it('names the language and unit that were chosen', async () => {
    expect(await scoreRouge(pairs(korean, 2))).toMatchObject({ language: 'ko', unit: 'morpheme', rows: 2 })
    expect(await scoreRouge(pairs(english, 3))).toMatchObject({ language: 'en', unit: 'word', rows: 3 })
    expect(await scoreRouge(pairs(english, 1), { unit: 'morpheme' })).toMatchObject({ language: 'ko' })
  })

  it('counts texts without tokens, which score 0', async () => {
    const rows = [
      { references: ['안녕'], prediction: '…' },
      { references: ['', '네'], prediction: '네' },
    ]
    const report = await scoreRouge(rows)
    expect(report).toMatchObject({ emptyPredictions: 1, emptyReferences: 1 })
    expect(report.rouge1.f1).toBe(0.25)
  })
})

describe('what is refused', () => {
  const row = { references: ['a'], prediction: 'a' }
  it.each([
    ['rouge-rows', [], {}],
    ['rouge-references', [row, { references: [], prediction: 'a' }], {}],
    ['rouge-unit', [row], { language: 'en', unit: 'morpheme' }],
    ['rouge-option', [row], { confidence: 1 }],
    ['rouge-option', [row], { resamples: 0 }],
    ['rouge-option', [row], { seed: Number.NaN }],
    ['rouge-option', [row], { language: 'fr' as 'ko' }],
    ['rouge-option', [row], { unit: 'sentence' as 'word' }],
    ['rouge-option', [row], { aggregate: 'worst' as 'best' }],
  ] as [string, ScoredPair[], RougeOptions][])('%s: %j %j', async (code, rows, options) => {
    const error: unknown = await scoreRouge(rows, options).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(YuksuError)
    expect(error).toMatchObject({ code, message: expect.not.stringContaining('\n') })
  })
})
