import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRows } from '../../formats/rows.ts'
import { randomStream } from '../../random.ts'
import type { RowValues } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { type ContaminationHit, contaminationStep } from './contamination.ts'
import { EvaluationIndex, type Overlap } from './evaluation-index.ts'

const data = resolve(import.meta.dirname, '../../../../shared/data')
let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'yuksu-contamination-'))))
afterAll(() => rm(folder, { recursive: true }))

async function evaluationFile(name: string, ...rows: RowValues[]): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return file
}

async function check(rows: readonly RowValues[], options: object, columns = {}) {
  const { plan, outcomes } = await runCorpusStep(contaminationStep, rowSource(rows, columns), options)
  let text = ''
  for await (const bytes of plan.files!['contamination.jsonl']!) text += new TextDecoder().decode(bytes)
  const hits = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ContaminationHit)
  return { outcomes, hits, figures: plan.figures!, dropped: outcomes.flatMap((o, i) => (o ? [i] : [])) }
}

const question = 'Janet has sixteen ducks, and she sells their eggs at the market on every Friday morning.'

describe('the index', () => {
  it('finds what a search of all stretches finds, and nothing else', () => {
    const random = randomStream(5, 1)
    const text = (length: number) =>
      Array.from({ length }, (_, at) => `${at % 2 === 0 ? 'w' : 'v'}${random.below(2)}`)
    for (let round = 0; round < 60; round++) {
      const index = new EvaluationIndex({ length: 6, shortest: 4, commonRows: 1000 })
      const rows = Array.from({ length: 12 }, () => [text(random.below(14)), text(random.below(14))])
      for (const row of rows) index.add(row)
      index.finish()
      const training = text(40)
      const overlaps = new Map<number, Overlap>()
      const stretches = index.find(training, overlaps)
      const covered = new Set<number>()
      const matched = rows.map((texts) => {
        let count = 0
        for (const units of texts) {
          const width = units.length >= 6 ? 6 : units.length
          if (width < 4) continue
          for (let from = 0; from + width <= units.length; from++) {
            if (new Set(units.slice(from, from + width)).size < 3) continue
            const wanted = units.slice(from, from + width).join(' ')
            let found = false
            for (let at = 0; at + width <= training.length; at++) {
              if (training.slice(at, at + width).join(' ') !== wanted) continue
              found = true
              for (let unit = at; unit < at + width; unit++) covered.add(unit)
            }
            if (found) count++
          }
        }
        return count
      })
      expect(rows.map((_, row) => overlaps.get(row)?.places.size ?? 0)).toEqual(matched)
      const shown = stretches.flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, i) => start + i),
      )
      expect(shown).toEqual([...covered].toSorted((a, b) => a - b))
    }
  })

  it('counts what many rows have in common and does not find it', () => {
    const index = new EvaluationIndex({ length: 4, shortest: 4, commonRows: 2 })
    const common = ['answer', 'the', 'following', 'question']
    for (const last of ['one', 'two', 'three']) index.add([[...common, last]])
    index.finish()
    expect(index.commonStretches).toBe(1)
    const overlaps = new Map<number, Overlap>()
    expect(index.find(common, overlaps)).toEqual([])
    expect(index.find([...common, 'two'], overlaps)).toEqual([{ start: 1, end: 5 }])
    expect([...overlaps.keys()]).toEqual([1])
    expect(index.stretchesOf(1)).toBe(1)
  })
})

describe('contamination', () => {
  it('names the evaluation row of a dropped row, with the share that was found', async () => {
    const file = await evaluationFile('a.jsonl', { q: 'too short' }, { q: question })
    const rows = [{ text: 'nothing of it' }, { text: `Solve: ${question.toUpperCase()} Now!` }]
    const { outcomes, hits, figures } = await check(rows, { evaluation: file })
    expect(outcomes).toEqual([
      undefined,
      {
        drop: 'contaminated',
        evidence: {
          evaluationFile: file,
          evaluationRow: 2,
          unit: 'word',
          length: 13,
          matched: 4,
          share: 1,
          rowShare: expect.closeTo(16 / 18, 3),
          evaluationRows: 1,
        },
      },
    ])
    expect(hits).toHaveLength(1)
    expect(hits[0]!.passage).toBe(question.slice(0, -1).toUpperCase())
    expect(figures).toMatchObject({
      evaluationRows: 2,
      evaluationRowsTooShort: 1,
      evaluationRowsFound: 1,
      rowsFound: 1,
      pairs: 1,
    })
    expect(figures[`found in ${file}`]).toBe('1 of 2 rows')
  })

  it('punctuation, case and normal form do not hide a passage, one other word does', async () => {
    const sentence =
      '지난 금요일에 새로 문을 연 시장에서 달걀 열여섯 개를 팔고 집으로 돌아오는 길에 친구를 만났다'
    const file = await evaluationFile('ko.jsonl', { q: sentence })
    const rows = [
      { text: sentence.normalize('NFD').replaceAll(' ', ', ') },
      { text: sentence.replace('집으로', '학교로') },
    ]
    const { dropped } = await check(rows, { evaluation: file })
    expect(dropped).toEqual([0])
    // By character spaces do not matter either.
    const spaced = await check([{ text: sentence.replaceAll(' ', '') }], {
      evaluation: file,
      unit: 'character',
      length: 30,
    })
    expect(spaced.dropped).toEqual([0])
    const byWord = await check([{ text: sentence.replaceAll(' ', '') }], { evaluation: file })
    expect(byWord.dropped).toEqual([])
    const byMorpheme = await check([{ text: `${sentence}.` }, { text: '다른 문장이다' }], {
      evaluation: file,
      unit: 'morpheme',
    })
    expect(byMorpheme.dropped).toEqual([0])
  })

  it('a short evaluation text is looked for as a whole, and one too short is counted', async () => {
    const file = await evaluationFile(
      'short.jsonl',
      { q: 'what is the capital city of the republic of Korea' },
      { q: 'who wrote it' },
    )
    const rows = [
      { text: 'Q: What is the capital city of the Republic of Korea? A: Seoul. Who wrote it' },
      { text: 'the capital city of the republic of Korea' },
    ]
    const { dropped, figures } = await check(rows, { evaluation: file })
    expect(dropped).toEqual([0])
    expect(figures.evaluationRowsTooShort).toBe(1)
  })

  it('laughter that rows have in common is no evidence', async () => {
    const file = await evaluationFile('laughter.jsonl', { q: `정말 재미있는 영화였다 ${'ㅋ'.repeat(60)}` })
    const { dropped, figures } = await check([{ text: `다른 이야기 ${'ㅋ'.repeat(80)}` }], {
      evaluation: file,
      unit: 'character',
      length: 20,
    })
    expect(dropped).toEqual([])
    expect(figures.repeatedStretches).toBeGreaterThan(30)
  })

  it('only reports, and asks for a share, where told to', async () => {
    const file = await evaluationFile('b.jsonl', {
      q: `${question} ${'And what else can be said of it? '.repeat(9)}`,
    })
    const rows = [{ text: question }]
    const reported = await check(rows, { evaluation: file, action: 'report' })
    expect([reported.outcomes, reported.hits.length]).toEqual([[undefined], 1])
    expect(reported.hits[0]!.share).toBeLessThan(0.5)
    const half = await check(rows, { evaluation: file, minimumShare: 0.5 })
    expect([half.dropped, half.hits]).toEqual([[], []])
  })

  it('cuts the passage out, twice as once, and drops a row of which too little is left', async () => {
    const file = await evaluationFile('c.jsonl', { q: question })
    const before = 'Long before that there was a story about a mill. '.repeat(8)
    const after = 'Afterwards they all went home and slept until noon. '.repeat(8)
    const rows = [{ text: `${before}${question} ${after}` }, { text: question }]
    const options = { evaluation: file, action: 'cut', margin: 30, minimumPiece: 100 }
    const { outcomes } = await check(rows, options)
    expect(outcomes[1]).toMatchObject({ drop: 'contaminated' })
    const cut = outcomes[0] as { values: { text: string }; changes: Record<string, number> }
    expect(cut.changes).toEqual({ 'contaminated-passage': 1 })
    const [left, right] = cut.values.text.split('\n')
    expect(before.startsWith(left!)).toBe(true)
    expect(after.trim().endsWith(right!)).toBe(true)
    for (const [piece, whole] of [
      [left!, before],
      [right!, after],
    ] as const)
      expect(whole.length - piece.length).toBeLessThan(45)
    const again = await check([{ text: cut.values.text }], options)
    expect(again.outcomes).toEqual([undefined])
    // What a summary says may be what was cut.
    const withSummary = await check(rows, options, { texts: ['text'], summary: 'summary' })
    expect(withSummary.outcomes[0]).toMatchObject({ drop: 'contaminated' })
  })

  it('reads files without a header, objects with lists, and texts within texts', async () => {
    const tsv = join(folder, 'math.tsv')
    await writeFile(tsv, `${question}\t18\nSecond ${question} again and again\t19\n`)
    const json = join(folder, 'bench.json')
    await writeFile(json, JSON.stringify({ canary: 'x', examples: [{ input: [question] }] }))
    const { hits } = await check([{ text: question }], { evaluation: [tsv, json], shortest: 8 })
    expect(hits.map(({ evaluation }) => evaluation)).toEqual([
      { file: tsv, row: 1 },
      { file: json, row: 1 },
      { file: tsv, row: 2 },
    ])
  })

  it('refuses a set of which nothing could be checked, a column that is not there, a row that cannot be read', async () => {
    const short = await evaluationFile('labels.jsonl', { q: 'yes' })
    await expect(check([], { evaluation: short })).rejects.toMatchObject({ code: 'nothing-to-check' })
    const file = await evaluationFile('d.jsonl', { question })
    await expect(check([], { evaluation: { file, columns: ['qestion'] } })).rejects.toThrow(
      /did you mean question/,
    )
    const broken = join(folder, 'broken.jsonl')
    await writeFile(broken, `${JSON.stringify({ question })}\n{"question": \n`)
    await expect(check([], { evaluation: broken })).rejects.toMatchObject({
      code: 'unreadable-evaluation-row',
    })
    expect(
      contaminationStep.options.safeParse({ evaluation: file, unit: 'morpheme', action: 'cut' }).success,
    ).toBe(false)
  })
})

async function rowsOf(...names: string[]): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for (const name of names)
    for await (const row of readRows(join(data, name))) if ('values' in row) rows.push(row.values)
  return rows
}

describe.skipIf(!existsSync(data))('real sets (skipped without ../shared/data)', () => {
  it('finds all 137 pairs of DialogSum that are near-duplicates by words of five', async () => {
    const [train, dev] = await Promise.all([
      rowsOf('summarization/dialogsum-en/dialogsum.train.jsonl.gz'),
      rowsOf('summarization/dialogsum-en/dialogsum.dev.jsonl'),
    ])
    const shingles = (row: Record<string, unknown>) => {
      const words =
        String(row.dialogue)
          .toLowerCase()
          .match(/[\p{L}\p{N}]+/gu) ?? []
      return new Set(words.slice(4).map((_, at) => words.slice(at, at + 5).join(' ')))
    }
    const { hits } = await check(
      train as RowValues[],
      {
        evaluation: {
          file: join(data, 'summarization/dialogsum-en/dialogsum.dev.jsonl'),
          columns: ['dialogue'],
        },
        action: 'report',
      },
      { texts: ['dialogue'] },
    )
    const listed = new Set(hits.map(({ row, evaluation }) => `${row.number} ${evaluation.row}`))
    const devSets = dev.map(shingles)
    const rowsWith = new Map<string, number[]>()
    for (const [row, set] of devSets.entries())
      for (const shingle of set) rowsWith.set(shingle, [...(rowsWith.get(shingle) ?? []), row])
    const near: string[] = []
    for (const [at, row] of train.entries()) {
      const set = shingles(row)
      const shared = new Map<number, number>()
      for (const shingle of set)
        for (const other of rowsWith.get(shingle) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1)
      for (const [other, count] of shared)
        if (count / (set.size + devSets[other]!.size - count) >= 0.5) near.push(`${at + 1} ${other + 1}`)
    }
    expect(near).toHaveLength(137)
    expect(near.filter((pair) => !listed.has(pair))).toEqual([])
  })
})
