import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { RowOutcome, RowValues } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { cutPassages } from './cut-passages.ts'
import { repeatedPassages } from './index.ts'
import { PassageSearch } from './passage-search.ts'
import { WindowFilter } from './window-filter.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'yuksu-passages-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Texts of few letters, with copies of each other's parts. */
function madeTexts(seed: number, count: number, letters: string): string[] {
  const random = randomStream(seed, 6)
  const texts: string[] = []
  for (let text = 0; text < count; text++) {
    const source = texts.length > 0 ? random.pick(texts) : ''
    const start = random.below(source.length + 1)
    const made = Array.from({ length: random.below(25) }, () => random.pick([...letters])).join('')
    texts.push(made + source.slice(start, start + random.below(40)))
  }
  return texts
}

/** Windows that stand earlier without touching, by looking at every one before. */
function plainPassages(texts: readonly string[], length: number): Map<number, [number, number][]> {
  const firsts = new Map<string, [number, number]>()
  const found = new Map<number, [number, number][]>()
  for (const [number, text] of texts.entries()) {
    const passages: [number, number][] = []
    for (let start = 0; start + length <= text.length; start++) {
      const window = text.slice(start, start + length)
      const first = firsts.get(window)
      if (first === undefined) firsts.set(window, [number, start])
      else if (first[0] < number || first[1] + length <= start) {
        const last = passages.at(-1)
        if (last !== undefined && start <= last[1]) last[1] = start + length
        else passages.push([start, start + length])
      }
    }
    if (passages.length > 0) found.set(number, passages)
  }
  return found
}

async function foundPassages(texts: readonly string[], length: number, shardUnits?: number) {
  const search = new PassageSearch({ folder, length, ...(shardUnits !== undefined && { shardUnits }) })
  for (const [number, text] of texts.entries()) if (text !== '') await search.add(number, 0, text)
  const found = new Map<number, [number, number][]>()
  for await (const { text, passages } of search.passages()) {
    const windows = Array.from({ length: texts[text]!.length }, (_, at) =>
      texts[text]!.slice(at, at + length),
    )
    const source = texts[passages[0]!.source]!
    expect(windows.some((window) => window.length === length && source.includes(window))).toBe(true)
    found.set(
      text,
      passages.map(({ start, end }) => [start, end]),
    )
  }
  return found
}

describe('passages that occur again', () => {
  it.each([undefined, 400, 120])(
    'are those that a look at every window finds, in files of %s',
    async (shardUnits) => {
      let passages = 0
      for (let seed = 0; seed < 8; seed++) {
        const texts = madeTexts(seed, 30, seed % 2 === 0 ? 'ab' : '가나다 \n😀')
        for (const length of [3, 8]) {
          const expected = plainPassages(texts, length)
          expect(await foundPassages(texts, length, shardUnits)).toEqual(expected)
          passages += expected.size
        }
      }
      expect(passages).toBeGreaterThan(100)
    },
  )

  it('of one text that repeats itself leave its first', async () => {
    expect(await foundPassages(['a'.repeat(10)], 4)).toEqual(new Map([[0, [[4, 10]]]]))
  })
})

describe('the filter of windows', () => {
  it('lets every window through that occurs twice, and few others', () => {
    let throughFilter = 0
    let repeated = 0
    for (let seed = 0; seed < 8; seed++) {
      const texts = madeTexts(seed, 60, 'abcdefgh')
      const length = 6
      const filter = new WindowFilter(
        length,
        texts.reduce((sum, text) => sum + text.length, 0),
      )
      for (const text of texts) filter.add(text)
      const counts = new Map<string, number>()
      const windows = (text: string) =>
        Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))
      for (const window of texts.flatMap(windows)) counts.set(window, (counts.get(window) ?? 0) + 1)
      for (const text of texts) {
        const stretches = filter.stretches(text)
        const covered = (at: number) => stretches.some(([start, end]) => start <= at && at + length <= end)
        const again = windows(text).flatMap((window, at) => (counts.get(window)! > 1 ? [at] : []))
        expect(again.filter((at) => !covered(at))).toEqual([])
        repeated += again.length
        throughFilter += windows(text).filter((_, at) => covered(at)).length
      }
    }
    expect(repeated).toBeGreaterThan(500)
    expect(throughFilter / repeated).toBeLessThan(1.5)
  })
})

describe('cutting', () => {
  it('leaves whole words, and sets apart what it brings together', () => {
    const text = 'before theshared passage stands here behind'
    const start = text.indexOf('shared')
    expect(cutPassages(text, [{ start, end: text.indexOf(' behind') - 2 }])).toEqual({
      text: 'before theshared here behind',
      cut: 1,
    })
    expect(cutPassages('앞줄\n되풀이되는 말이 있다\n뒷줄', [{ start: 2, end: 14 }]).text).toBe('앞줄\n뒷줄')
    expect(cutPassages('가나 다라 마바', [{ start: 2, end: 6 }]).text).toBe('가나 마바')
  })

  it('parts no character where there are no words', () => {
    const text = '😀😁😂😃😄👩‍👧'
    for (let start = 0; start < text.length; start++) {
      for (let end = start + 1; end <= text.length; end++) {
        const left = cutPassages(text, [{ start, end }]).text
        expect(left).not.toMatch(/\p{Cs}/u)
        expect(left).not.toMatch(/(?:^|[^👩])\u200d|\u200d(?:[^👧]|$)/u)
      }
    }
    expect(cutPassages('一二三四五六七八九十'.repeat(8), [{ start: 35, end: 75 }]).cut).toBe(1)
  })
})

describe('the step', () => {
  const run = async (texts: readonly string[], options: unknown) => {
    const { outcomes, plan } = await runCorpusStep(
      repeatedPassages,
      rowSource(texts.map((text) => ({ text }))),
      options,
    )
    return { outcomes, figures: plan.figures }
  }
  const textAfter = (text: string, outcome: RowOutcome): string => {
    if (outcome === undefined) return text
    return 'values' in outcome ? String((outcome.values as RowValues).text) : ''
  }
  const passage = '이 글은 여러 곳에 실린 안내문으로서 내용은 늘 같으며 저작권은 글쓴이에게 있습니다.'

  it('keeps the first place of a passage, cuts the others, and drops a row that is nothing else', async () => {
    const texts = [`첫째 글 ${passage}`, `둘째 글. ${passage} 그리고 끝.`, `  ${passage}\n`, '셋째 글.']
    const { outcomes, figures } = await run(texts, { length: 30 })
    expect(outcomes[0]).toBeUndefined()
    expect(outcomes[1]).toEqual({
      values: { text: '둘째 글. 그리고 끝.' },
      changes: { 'repeated-passage': 1 },
    })
    expect(outcomes[2]).toMatchObject({
      drop: 'only-repeated-passages',
      evidence: { keptFile: 'rows.jsonl', keptRow: 1 },
    })
    expect(outcomes[3]).toBeUndefined()
    expect(figures).toMatchObject({ passages: 2 })
    expect(
      (await run(texts, { length: passage.length + 10 })).outcomes.every((outcome) => outcome === undefined),
    ).toBe(true)
  })

  it('drops rows where that is asked for', async () => {
    const { outcomes } = await run([`a ${passage}`, `b ${passage} c`], { length: 30, action: 'drop' })
    expect(outcomes).toEqual([
      undefined,
      {
        drop: 'repeated-passage',
        evidence: { keptFile: 'rows.jsonl', keptRow: 1, characters: expect.any(Number) },
      },
    ])
  })

  it('works on each column of a document', async () => {
    const rows = [
      { en: passage, ko: 'x' },
      { en: 'y', ko: `말 ${passage}` },
    ]
    const { outcomes } = await runCorpusStep(repeatedPassages, rowSource(rows, { document: ['en', 'ko'] }), {
      length: 30,
    })
    expect(outcomes).toEqual([
      undefined,
      { values: { en: 'y', ko: '말' }, changes: { 'repeated-passage': 1 } },
    ])
  })

  it('loses no word altogether', async () => {
    for (let seed = 0; seed < 6; seed++) {
      const random = randomStream(seed, 7)
      const texts: string[][] = []
      for (let text = 0; text < 60; text++) {
        const source = texts.length > 0 ? random.pick(texts) : []
        const start = random.below(source.length + 1)
        const own = () => Array.from({ length: random.below(8) }, () => `단어${random.below(1e6)}`)
        texts.push([...own(), ...source.slice(start, start + random.below(20)), ...own()])
      }
      const before = texts.map((words) => words.join(' '))
      const { outcomes } = await run(before, { length: 25 })
      const after = before.map((text, index) => textAfter(text, outcomes[index]))
      const wordsOf = (all: readonly string[]) =>
        new Set(all.flatMap((text) => text.split(/\s+/)).filter(Boolean))
      expect([...wordsOf(before)].filter((word) => !wordsOf(after).has(word))).toEqual([])
      expect(after.join('').length).toBeLessThan(0.8 * before.join('').length)
    }
  })
})
