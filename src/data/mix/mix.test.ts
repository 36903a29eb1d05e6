import { describe, expect, it } from 'vitest'
import type { RowValues } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { mixStep } from './mix.ts'
import { mixtureSize, temperatureShares } from './shares.ts'

type Row = RowValues & { readonly file: string; readonly text: string }

function rowsOf(sizes: Readonly<Record<string, number>>): Row[] {
  return Object.entries(sizes).flatMap(([file, count]) =>
    Array.from({ length: count }, (_, at) => ({ file, text: `${file} 줄 ${at} ${'가'.repeat(at % 7)}` })),
  )
}

/** The texts of the mixture in their order. */
async function mix(rows: readonly Row[], options: object, seed = 1) {
  const { plan, outcomes } = await runCorpusStep(mixStep, rowSource(rows), options, seed)
  const texts = [...plan.order!].map((index) => rows[index]!.text)
  const dropped = outcomes.map((outcome) => (outcome !== undefined && 'drop' in outcome ? outcome.drop : ''))
  return { texts, dropped, figures: plan.figures!, order: plan.order! }
}

function countsOf(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) counts[text.split(' ')[0]!] = (counts[text.split(' ')[0]!] ?? 0) + 1
  return counts
}

describe('shares', () => {
  it('a temperature evens them out: 1 keeps them, infinite makes them alike', () => {
    expect(temperatureShares([1, 3], 1)).toEqual([0.25, 0.75])
    const [small, large] = temperatureShares([1, 9], 2)
    expect(large! / small!).toBeCloseTo(3, 12)
    expect(temperatureShares([1, 999], 1e9)[0]).toBeCloseTo(0.5, 6)
  })

  it('hold in a mixture that no source limits, or in a smaller one', () => {
    expect(mixtureSize([100, 100], [0.5, 0.5], 4)).toEqual({ total: 200, limitedBy: undefined })
    // 10 rows four times are 40, which are to be half of all.
    expect(mixtureSize([10, 1000], [0.5, 0.5], 4)).toEqual({ total: 80, limitedBy: 0 })
    expect(mixtureSize([10, 1000], [0.5, 0.5], 4, 60).total).toBe(60)
  })
})

describe('mix', () => {
  it('gives each source its share by weight, repeating rows as evenly as can be', async () => {
    const rows = rowsOf({ 'a.jsonl': 100, 'b.jsonl': 300 })
    const { texts, dropped } = await mix(rows, { weights: { 'a*': 3, '*': 1 }, total: 400 })
    expect(countsOf(texts)).toEqual({ 'a.jsonl': 300, 'b.jsonl': 100 })
    const times = new Map<string, number>()
    for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1)
    expect(new Set([...times].filter(([text]) => text.startsWith('a')).map(([, count]) => count))).toEqual(
      new Set([3]),
    )
    expect(dropped.filter((reason) => reason === 'sampled-out')).toHaveLength(200)
  })

  it.each(['rows', 'characters'] as const)(
    'shares of %s come near the weights for any of them',
    async (unit) => {
      const rows = rowsOf({ x: 120, y: 900, z: 40 })
      for (const weights of [
        { x: 1, y: 1, z: 1 },
        { x: 5, y: 1, z: 0.1 },
        { x: 0.01, y: 2, z: 1 },
      ]) {
        const { texts } = await mix(rows, { weights, unit, total: 3000, maximumRepetition: 1000 })
        const size = (text: string) => (unit === 'rows' ? 1 : text.length)
        const all = texts.reduce((sum, text) => sum + size(text), 0)
        const sum = Object.values(weights).reduce((a, b) => a + b)
        for (const [name, weight] of Object.entries(weights)) {
          const own = texts.filter((text) => text.startsWith(name)).reduce((sum, text) => sum + size(text), 0)
          expect(Math.abs(own / all - weight / sum)).toBeLessThan(0.006)
        }
      }
    },
  )

  it('does not depend on the order of files or rows, only on the seed', async () => {
    const rows = rowsOf({ a: 50, b: 80 })
    const options = { temperature: 3, total: 100 }
    const { texts } = await mix(rows, options)
    expect((await mix(rows.toReversed(), options)).texts).toEqual(texts)
    expect((await mix(rows, options, 2)).texts).not.toEqual(texts)
    expect((await mix(rows, options, 2)).texts.toSorted()).not.toEqual(texts.toSorted())
  })

  it('does not depend on the order of columns either', async () => {
    const rows = rowsOf({ a: 60 }).map((row, at) => ({ ...row, id: at }))
    const turned = rows.map(({ file, text, id }) => ({ id, file, text }))
    expect((await mix(turned, { total: 20 })).texts).toEqual((await mix(rows, { total: 20 })).texts)
  })

  it('a row that stays for a smaller share stays for a larger one', async () => {
    const rows = rowsOf({ a: 200 })
    const [few, many] = await Promise.all([50, 80].map((total) => mix(rows, { total })))
    expect(new Set(many!.texts)).toEqual(new Set([...many!.texts, ...few!.texts]))
  })

  it('caps a source, repeats none too often, and says what limits', async () => {
    const rows = rowsOf({ a: 100, b: 10 })
    const capped = await mix(rows, { caps: { a: 30 } })
    expect(countsOf(capped.texts)).toEqual({ a: 30, b: 10 })
    expect(capped.dropped.filter((reason) => reason === 'over-cap')).toHaveLength(70)
    const limited = await mix(rows, { weights: { a: 1, b: 1 }, maximumRepetition: 2 })
    expect(countsOf(limited.texts)).toEqual({ a: 20, b: 20 })
    expect(limited.figures).toMatchObject({ limitedBy: 'b', total: 40 })
  })

  it('takes values of a column for sources, and keeps the order where told to', async () => {
    const rows = rowsOf({ a: 20 }).map((row, at) => ({ ...row, kind: at % 4 === 0 ? '뉴스' : '리뷰' }))
    const { order, texts } = await mix(rows, {
      column: 'kind',
      weights: { 뉴스: 1, 리뷰: 1 },
      total: 10,
      shuffle: false,
    })
    expect([...order]).toEqual([...order].toSorted((a, b) => a - b))
    const news = texts.filter((text) => rows.find((row) => row.text === text)!.kind === '뉴스')
    expect([news.length, texts.length]).toEqual([5, 10])
  })

  it('refuses a pattern that nothing fits and a source without a weight', async () => {
    const rows = rowsOf({ 'data/reviews.jsonl': 3, 'data/news.jsonl': 3 })
    await expect(mix(rows, { weights: { 'reveiws.jsonl': 1 } })).rejects.toMatchObject({
      code: 'unknown-source',
    })
    await expect(mix(rows, { weights: { 'reviews.jsonl': 1 } })).rejects.toMatchObject({
      code: 'source-without-weight',
    })
    expect((await mix(rows, { weights: { 'data/*': 1 } })).texts).toHaveLength(6)
    expect(mixStep.options.safeParse({ weights: { a: 1 }, temperature: 2 }).success).toBe(false)
    expect(mixStep.options.safeParse({ unit: 'tokens' }).success).toBe(false)
  })

  it('every row that goes on is in the order, and only those', async () => {
    const rows = rowsOf({ a: 60, b: 7 })
    for (const options of [{}, { total: 20 }, { temperature: 5 }, { caps: { '*': 5 } }]) {
      const { order, dropped } = await mix(rows, options)
      const going = dropped.flatMap((reason, index) => (reason === '' ? [index] : []))
      expect([...new Set(order)].toSorted((a, b) => a - b)).toEqual(going)
    }
  })
})
