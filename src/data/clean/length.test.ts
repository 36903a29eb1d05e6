import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { runCorpusStep, rowSource } from '../testing-corpus.ts'
import type { RowOutcome, TextColumns } from '../step.ts'
import { lengthPercentilesStep } from './length-percentiles.ts'
import { countCharacters, countWords, lengthStep } from './length.ts'

const columns: TextColumns = { texts: ['text', 'summary'], document: ['text'], summary: 'summary' }

async function judge(values: Record<string, unknown>, options: object = {}): Promise<RowOutcome> {
  const step = await lengthStep.create(lengthStep.options.parse(options), { seed: 1 })
  return step.apply({ place: { file: 'a', number: 1, line: 1 }, values }, columns)
}

describe('length', () => {
  it('counts characters as a reader does, and words by spaces', () => {
    expect(countCharacters(' 안녕😂 ')).toBe(3)
    expect(countCharacters('\ud83d')).toBe(1)
    expect(countWords('  오늘은\n 정말\t좋다 ')).toBe(3)
    expect(countWords('')).toBe(0)
  })

  it('keeps a row on the limits and drops one beyond them, with what was measured', async () => {
    const row = { text: '가나다라 마바사', summary: '가나' }
    expect(await judge(row, { minCharacters: 8, maxCharacters: 8, minWords: 2, maxWords: 2 })).toBeUndefined()
    expect(await judge(row, { minCharacters: 9 })).toEqual({
      drop: 'too-short',
      evidence: { characters: 8, least: 9 },
    })
    expect(await judge(row, { maxCharacters: 7 })).toEqual({
      drop: 'too-long',
      evidence: { characters: 8, most: 7 },
    })
    expect(await judge(row, { minWords: 3 })).toEqual({ drop: 'too-short', evidence: { words: 2, least: 3 } })
    expect(await judge(row, { maxWords: 1 })).toEqual({ drop: 'too-long', evidence: { words: 2, most: 1 } })
    expect(await judge(row, { minSummaryCharacters: 3 })).toMatchObject({ drop: 'summary-too-short' })
    expect(await judge(row, { maxSummaryWords: 1, maxSummaryCharacters: 1 })).toMatchObject({
      drop: 'summary-too-long',
    })
    expect(await judge(row, { minSummaryRatio: 0.26 })).toEqual({
      drop: 'summary-ratio',
      evidence: { summaryRatio: 0.25, least: 0.26 },
    })
    expect(await judge(row, { minSummaryRatio: 0.25, maxSummaryRatio: 0.25 })).toBeUndefined()
  })

  it('drops by default what is empty, and a summary longer than its document', async () => {
    expect(await judge({ text: ' ', summary: 'a' })).toMatchObject({ drop: 'too-short' })
    expect(await judge({ text: 'a' })).toMatchObject({ drop: 'summary-too-short' })
    expect(await judge({ text: 'abc', summary: 'abcd' })).toMatchObject({ drop: 'summary-ratio' })
    expect(await judge({ text: 'abc', summary: 'abc' })).toBeUndefined()
  })

  it('knows no summary where the source has none', async () => {
    const step = await lengthStep.create(lengthStep.options.parse({}), { seed: 1 })
    const row = { place: { file: 'a', number: 1, line: 1 }, values: { text: 'abc' } }
    expect(step.apply(row, { texts: ['text'], document: ['text'] })).toBeUndefined()
  })
})

describe('length-percentiles', () => {
  it('drops what lies beyond the percentiles by nearest rank', async () => {
    const random = randomStream(3, 1)
    const lengths = random.shuffled(Array.from({ length: 200 }, (_, index) => index + 1))
    const rows = lengths.map((length) => ({ text: 'a'.repeat(length) }))
    const { outcomes, plan } = await runCorpusStep(lengthPercentilesStep, rowSource(rows), {
      low: 5,
      high: 95,
    })
    // The fifth percentile of 1 to 200 is the tenth value, and the 95th the 190th.
    for (const [index, length] of lengths.entries()) {
      const expected = length < 10 ? 'too-short' : length > 190 ? 'too-long' : undefined
      expect(
        outcomes[index] === undefined ? undefined : 'drop' in outcomes[index]! && outcomes[index].drop,
      ).toBe(expected)
    }
    expect(plan.figures).toMatchObject({ 'characters, least': 10, 'characters, most': 190 })
  })

  it('keeps everything between 0 and 100, and one row', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ text: 'b'.repeat(index), summary: 'c' }))
    const all = { low: 0, high: 100, ratioLow: 0, ratioHigh: 100 }
    const kept = await runCorpusStep(lengthPercentilesStep, rowSource(rows, columns), all)
    expect(kept.outcomes.every((outcome) => outcome === undefined)).toBe(true)
    const one = await runCorpusStep(lengthPercentilesStep, rowSource(rows.slice(0, 1), columns), {
      low: 50,
      high: 50,
    })
    expect(one.outcomes).toEqual([undefined])
    expect((await runCorpusStep(lengthPercentilesStep, rowSource([]), {})).outcomes).toEqual([])
  })

  it('judges summaries and their ratio where there are some', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      text: '가'.repeat(100),
      summary: '나'.repeat(index === 7 ? 90 : 10),
    }))
    const { outcomes } = await runCorpusStep(lengthPercentilesStep, rowSource(rows, columns), {
      high: 99,
      ratioHigh: 99,
    })
    expect(outcomes.flatMap((outcome, index) => (outcome ? [index] : []))).toEqual([7])
    expect(outcomes[7]).toEqual({ drop: 'summary-too-long', evidence: { summaryCharacters: 90, most: 10 } })
  })

  it('refuses percentiles the wrong way round', () => {
    expect(lengthPercentilesStep.options.safeParse({ low: 60, high: 40 }).success).toBe(false)
  })
})
