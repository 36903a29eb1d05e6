import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSources, readBatch } from '../sources/index.ts'
import type { RowValues } from '../step.ts'
import { findColumns, type GivenColumns } from './find-columns.ts'

const find = (rows: readonly RowValues[], given: GivenColumns = {}) => findColumns(rows, given, 'a.jsonl')
const many = (make: (index: number) => RowValues) => Array.from({ length: 40 }, (_, index) => make(index))

describe('findColumns', () => {
  it('takes running text, in whatever script, and leaves numbers, dates, labels, names of files and links', () => {
    const rows = many((index) => ({
      id: index,
      date: `2024-01-${index}`,
      file: `dialogue_${index}.txt`,
      link: `https://example.com/page-${index}`,
      label: index % 2 === 0 ? '긍정 평가' : '부정 평가',
      empty: null,
      review: `이 영화 ${index}번째 봐도 좋네요`,
    }))
    expect(find(rows)).toEqual({ texts: ['review'], document: ['review'], id: 'id' })
  })

  it('tells the summary by its name, and what is short beside the document', () => {
    const rows = many((index) => ({
      title: `on the harbour ${index}`,
      dialogue: `#Person1#: ${'we talk about this and that '.repeat(20)}${index}`,
      summary: `they talk about things ${index}`,
    }))
    expect(find(rows)).toEqual({
      texts: ['title', 'dialogue', 'summary'],
      document: ['dialogue'],
      summary: 'summary',
    })
    expect(find(rows.map(({ dialogue, summary }) => ({ 본문: dialogue, 요약: summary })))).toMatchObject({
      document: ['본문'],
      summary: '요약',
    })
  })

  it('takes both sides of a translation, and a text by its name though it be a word', () => {
    const pairs = many((index) => ({ en: `this is number ${index}`, ko: `이것은 ${index}번입니다` }))
    expect(find(pairs).document).toEqual(['en', 'ko'])
    expect(find([{ text: 'why?' }]).document).toEqual(['text'])
  })

  it('takes what it is given, by either normal form, and refuses a name that no row has', () => {
    const rows = many((index) => ({
      제목: `한 제목 ${index}`,
      body: `some words ${index}`,
      code: `c${index}`,
    }))
    const given = { document: ['제목'.normalize('NFD')], id: 'code' }
    expect(find(rows, given)).toEqual({ texts: ['제목', 'body'], document: ['제목'], id: 'code' })
    expect(find(rows, { text: ['body'] })).toMatchObject({ texts: ['body'], document: ['body'] })
    expect(() => find(rows, { document: ['boby'] })).toThrow(/did you mean body\?/)
    expect(() => find(rows, { summary: 'summary' })).toThrow(
      expect.objectContaining({ code: 'missing-column' }),
    )
  })

  it('refuses rows without text', () => {
    expect(() => find([{ a: 1, b: ['x y'] }])).toThrow(expect.objectContaining({ code: 'no-text-column' }))
  })
})

const data = resolve(import.meta.dirname, '../../../../shared/data')

describe.skipIf(!existsSync(data))('on public data (skipped without ../shared/data)', () => {
  it.each([
    ['summarization/dialogsum-en/dialogsum.dev.jsonl', ['dialogue'], 'summary', 'fname'],
    ['summarization/dialogsum-ko/dev.csv', ['dialogue'], 'summary', 'fname'],
    ['korean/nsmc-reviews-200k.tsv.gz', ['review'], undefined, 'review_id'],
    ['korean/python-docs.en-ko.jsonl.gz', ['en', 'ko'], undefined, undefined],
    ['korean/chatbot.csv', ['Q', 'A'], undefined, undefined],
    ['instruction/alpaca-5000.en.json', ['instruction', 'input', 'output'], undefined, undefined],
    ['preference/hh-rlhf-harmless-2312.en.jsonl.gz', ['chosen', 'rejected'], undefined, undefined],
    ['evaluation/gsm8k.train.jsonl.gz', ['question', 'answer'], undefined, undefined],
    ['text/c4-300.jsonl', ['text'], undefined, undefined],
    ['text/tinyshakespeare.txt', ['text'], undefined, undefined],
    ['korean/klue-nli.dev.json', ['premise', 'hypothesis'], undefined, 'guid'],
    ['korean/hate-speech.dev.tsv', ['comments'], undefined, undefined],
  ] as const)('%s', async (file, document, summary, id) => {
    const { sources } = await openSources([resolve(data, file)])
    for await (const batch of sources[0]!.batches(() => undefined)) {
      const rows = readBatch(batch).flatMap((row) => ('values' in row ? [row.values] : []))
      const found = find(rows.slice(0, 200))
      expect({ document: found.document, summary: found.summary, id: found.id }).toEqual({
        document,
        summary,
        id,
      })
      break
    }
  })
})
