import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { ColumnCounts } from './column-counts.ts'
import { CopyCounts } from './copy-counts.ts'
import { ExtremeRows, excerptOf } from './extreme-rows.ts'
import { LengthCounts } from './length-counts.ts'
import { TextSample } from './row-sample.ts'
import { reorder, textHash } from './text-hash.ts'
import { ValueCounts } from './value-counts.ts'

const fixtures = resolve(import.meta.dirname, 'fixtures')

function countsOf(values: Iterable<number>): LengthCounts {
  const counts = new LengthCounts()
  for (const value of values) counts.add(value)
  return counts
}

describe('lengths', () => {
  it('have the quantiles of numpy', () => {
    const lists = JSON.parse(readFileSync(resolve(fixtures, 'quantiles.json'), 'utf8')) as {
      values: number[]
      quantiles: Record<string, number>
    }[]
    expect(lists.length).toBeGreaterThan(3)
    for (const { values, quantiles } of lists) {
      const counts = countsOf(values)
      for (const [share, value] of Object.entries(quantiles))
        expect(counts.quantile(Number(share))).toBe(value)
      expect(counts.summary()).toMatchObject({
        count: values.length,
        min: Math.min(...values),
        max: Math.max(...values),
        sum: values.reduce((a, b) => a + b),
      })
    }
  })

  it('are 0.2 % off at most where they are very long', () => {
    const random = randomStream(1, 1)
    const values = Array.from({ length: 3000 }, () => Math.floor(60_000 * 2 ** (20 * random.fraction())))
    const sorted = values.toSorted((a, b) => a - b)
    const counts = countsOf(values)
    for (const share of [0.01, 0.3, 0.5, 0.9, 0.999, 1]) {
      const exact = sorted[Math.ceil(share * values.length) - 1]!
      expect(Math.abs(counts.quantile(share) / exact - 1)).toBeLessThan(0.002)
    }
  })

  it.each([
    ['short', (fraction: number) => Math.floor(fraction * 12)],
    ['usual', (fraction: number) => Math.floor(200 + 900 * fraction ** 3)],
    ['spread over orders of magnitude', (fraction: number) => Math.floor(Math.exp(14 * fraction))],
    ['all alike', () => 37],
    ['with one far out', (fraction: number) => (fraction > 0.999 ? 5e6 : 100)],
  ])('a histogram of lengths %s holds each once, in columns side by side', (_, make) => {
    const random = randomStream(2, 1)
    const { axis, bins } = countsOf(Array.from({ length: 5000 }, () => make(random.fraction()))).histogram()
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(5000)
    for (const [at, { from, to }] of bins.entries()) {
      expect(to).toBeGreaterThan(from)
      expect(from).toBe(at === 0 ? from : bins[at - 1]!.to)
    }
    expect(bins.length).toBeLessThanOrEqual(41)
    expect(axis).toBe(make(1) > 1e6 && make(0) === 1 ? 'logarithmic' : 'linear')
  })

  it('of nothing have no quantiles', () => {
    expect(new LengthCounts().summary()).toBeUndefined()
    expect(new LengthCounts().histogram().bins).toEqual([])
  })
})

describe('copies', () => {
  it('are counted as a map of all texts counts them, the most repeated named', () => {
    const random = randomStream(3, 1)
    const texts = Array.from({ length: 20_000 }, () => `글 ${Math.floor(9000 * random.fraction() ** 3)}`)
    const copies = new CopyCounts()
    const exact = new Map<string, number>()
    for (const [row, text] of texts.entries()) {
      copies.add(
        textHash(text),
        () => text,
        () => ({ file: 'a', row, line: 0 }),
      )
      exact.set(text, (exact.get(text) ?? 0) + 1)
    }
    const repeated = [...exact.values()].filter((count) => count > 1)
    expect([copies.distinct, copies.repeated, copies.copies]).toEqual([
      exact.size,
      repeated.length,
      texts.length - exact.size,
    ])
    const most = [...exact]
      .map(([excerpt, count]) => ({ excerpt, count }))
      .toSorted((a, b) => b.count - a.count)
    expect(copies.top(5).map(({ count }) => count)).toEqual(most.slice(0, 5).map(({ count }) => count))
    for (const { excerpt, count, place } of copies.top(5)) {
      expect(exact.get(excerpt)).toBe(count)
      expect(texts[place.row]).toBe(excerpt)
    }
  })

  it('texts that differ in one letter, in order or in length have other hashes', () => {
    const texts = ['', '가', '나', '가나', '나가', 'ab', 'ba', 'a', 'aa', 'aaa', '\0', '\0\0']
    for (let at = 0; at < 5000; at++) texts.push(`x${at}`, `${at}x`, String.fromCharCode(0xac00 + at, 0xac00))
    expect(new Set(texts.map(textHash)).size).toBe(new Set(texts).size)
  })
})

describe('values of a column', () => {
  it('are counted exactly while they are few', () => {
    const values = new ValueCounts()
    for (let at = 0; at < 1000; at++) values.add(['쇼핑', '여행', 'work'][at % 7 === 0 ? 0 : at % 3]!)
    expect(values.isExact).toBe(true)
    expect(values.distinct).toBe(3)
    expect(values.top(1)[0]!.count).toBe(429)
    expect(values.top(9).reduce((sum, { count }) => sum + count, 0)).toBe(1000)
  })

  it('many are estimated within a few per cent, and a frequent one keeps its count', () => {
    const values = new ValueCounts()
    for (let at = 0; at < 300_000; at++) values.add(at % 10 === 0 ? '자주' : `가끔 ${at}`)
    expect(values.isExact).toBe(false)
    expect(Math.abs(values.distinct / 270_001 - 1)).toBeLessThan(0.06)
    expect(values.top(1)).toEqual([{ value: '자주', count: 30_000 }])
  })

  it('a column says what it misses, and which numbers it holds', () => {
    const column = new ColumnCounts('rating')
    for (const value of ['1', 10, '4.5', null, '', undefined]) column.add(value)
    expect(column.report(8, 'other')).toMatchObject({
      filled: 3,
      missing: 4,
      empty: 1,
      types: { number: 3 },
      distinct: 3,
      numbers: { min: 1, max: 10, mean: 15.5 / 3 },
    })
    const mixed = new ColumnCounts('x')
    for (const value of ['1', 'a', ['b'], { c: 1 }, true]) mixed.add(value)
    const report = mixed.report(5, 'other')
    expect(report.types).toEqual({ string: 2, list: 1, object: 1, boolean: 1 })
    expect(report.numbers).toBeUndefined()
  })
})

describe('a sample', () => {
  const texts = Array.from({ length: 3000 }, (_, at) => `문서 ${at}`)
  const drawn = (order: readonly string[], seed: number) => {
    const sample = new TextSample<string>(100, seed)
    for (const text of order) sample.add(textHash(text), () => text)
    return sample.items()
  }

  it('depends on the seed and not on the order or on copies', () => {
    const items = drawn(texts, 1)
    expect(new Set(items).size).toBe(100)
    expect(drawn([...texts.toReversed(), ...texts], 1)).toEqual(items)
    expect(drawn(texts, 2)).not.toEqual(items)
  })

  it('draws each as likely as any other', () => {
    const counts = texts.map(() => 0)
    for (let seed = 0; seed < 60; seed++)
      for (const text of drawn(texts, seed)) counts[Number(text.slice(3))]! += 1
    const mean = (from: number, to: number) => counts.slice(from, to).reduce((a, b) => a + b) / (to - from)
    expect(counts.reduce((a, b) => a + b)).toBe(6000)
    for (const part of [mean(0, 1000), mean(1000, 2000), mean(2000, 3000)])
      expect(Math.abs(part - 2)).toBeLessThan(0.2)
    expect(Math.max(...counts)).toBeLessThan(12)
    expect(new Set(texts.map((text) => reorder(textHash(text), 5))).size).toBe(texts.length)
  })
})

describe('extreme rows', () => {
  it('are the longest and shortest, the first of those that are alike', () => {
    const values = [5, 9, 1, 9, 7, 1, 3]
    for (const [which, expected] of [
      ['highest', [2, 4, 5]],
      ['lowest', [3, 6, 7]],
    ] as const) {
      const rows = new ExtremeRows(3, which)
      for (const [at, value] of values.entries())
        rows.add(value, { place: { file: 'a', number: at + 1, line: 0 }, values: {} }, 'x')
      expect(rows.rows().map(({ row }) => row)).toEqual(expected)
    }
  })

  it('an excerpt is one line that parts no character', () => {
    expect(excerptOf(' 가\n\t나  다 ')).toBe('가 나 다')
    for (let before = 0; before < 3; before++) {
      const cut = excerptOf('a'.repeat(before) + '👍'.repeat(300))
      expect(cut).not.toMatch(/\p{Surrogate}/u)
      expect(cut.endsWith('…')).toBe(true)
    }
  })
})
