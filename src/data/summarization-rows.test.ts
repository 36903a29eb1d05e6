import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { prepareSummarization } from './summarization-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'yuksu-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const jsonl = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const columns = { dialogue: 'dialogue', summary: 'summary' }

describe('prepareSummarization', () => {
  it('reads the same rows from JSONL, CSV, TSV and gzip', async () => {
    const row = { id: 'a1', dialogue: '#Person1#: 안녕, "친구"\n#Person2#: 안녕', summary: '인사한다.' }
    const plain = { id: 'a2', dialogue: '#Person1#: Hi', summary: 'A greeting.' }
    const csv =
      'id,dialogue,summary\na1,"#Person1#: 안녕, ""친구""\n#Person2#: 안녕",인사한다.\na2,#Person1#: Hi,A greeting.\n'
    const named = { ...columns, id: 'id' }
    const expected = [row, plain].map(({ id, dialogue, summary }) => ({
      id,
      source: dialogue,
      references: [summary],
      target: summary,
    }))
    for (const path of [
      file('a.jsonl', jsonl(row, plain)),
      file('a.csv', csv),
      file('a.csv.gz', gzipSync(csv)),
      file('a.jsonl.gz', gzipSync(jsonl(row, plain))),
    ]) {
      const { rows, drops } = await prepareSummarization({ files: [path], columns: named })
      expect(rows).toEqual(expected)
      expect(drops.total).toBe(0)
    }
    const tsv = file('a.tsv', `id\tdialogue\tsummary\na2\t${plain.dialogue}\t${plain.summary}\n`)
    expect((await prepareSummarization({ files: [tsv], columns: named })).rows).toEqual(expected.slice(1))
  })

  it('drops rows with a reason, a place and a count', async () => {
    const good = { dialogue: 'A: 하나', summary: '하나다.' }
    const path = file(
      'drops.jsonl',
      Buffer.concat([
        Buffer.from(
          jsonl(
            good,
            { dialogue: 'A: 둘', summary: ' \n' },
            { dialogue: '', summary: '셋이다.' },
            { dialogue: 'A: 넷' },
            { dialogue: 5, summary: '다섯이다.' },
            good,
            { dialogue: 'A: '.repeat(20), summary: '길다.' },
            { dialogue: 'A: 여덟', summary: '\u200b' },
          ),
        ),
        Buffer.from('{"dialogue": \n'),
        Buffer.from([0x7b, 0x22, 0xb0, 0xa1, 0x22, 0x7d, 0x0a]),
      ]),
    )
    const { rows, drops } = await prepareSummarization({
      files: [path],
      columns,
      limits: { dialogueCharacters: 40 },
    })
    expect(rows.map((row) => row.source)).toEqual(['A: 하나'])
    expect(rows[0]!.id).toBe('drops.jsonl:1')
    expect(drops.counts).toEqual({
      'missing-summary': 3,
      malformed: 2,
      'missing-dialogue': 1,
      duplicate: 1,
      'too-long': 1,
      'invalid-utf8': 1,
    })
  })

  it('keeps one dialogue with two different summaries', async () => {
    const path = file('twice.jsonl', jsonl({ dialogue: 'x', summary: 'a' }, { dialogue: 'x', summary: 'b' }))
    expect((await prepareSummarization({ files: [path], columns })).rows).toHaveLength(2)
  })

  it('finds Korean columns in any normal form and normalises texts', async () => {
    const path = file(
      'korean.csv',
      `${'대화,요약'.normalize('NFD')}\r\n${'A: 네\u0007,좋다. '.normalize('NFD')}\r\n`,
    )
    const { rows, normalization } = await prepareSummarization({
      files: [path],
      columns: { dialogue: '대화'.normalize('NFD'), summary: '요약' },
    })
    expect(rows).toEqual([{ id: 'korean.csv:1', source: 'A: 네', references: ['좋다.'], target: '좋다.' }])
    expect(normalization).toEqual({ texts: 2, normalForm: 2, lineEnds: 0, controlCharacters: 1, spaces: 1 })
  })

  it('takes several references from columns or from a list', async () => {
    const wide = file('wide.csv', 'dialogue,summary1,summary2,summary3\nx,a,,c\n')
    const several = { dialogue: 'dialogue', summary: ['summary1', 'summary2', 'summary3'] }
    const fromColumns = await prepareSummarization({ files: [wide], columns: several })
    expect(fromColumns.rows[0]).toMatchObject({ references: ['a', 'c'], target: 'a' })
    const list = file('list.jsonl', jsonl({ dialogue: 'x', summary: ['a', 'c'] }))
    const fromList = await prepareSummarization({ files: [list], columns })
    expect(fromList.rows[0]).toMatchObject({ references: ['a', 'c'], target: 'a' })
  })

  it('names the columns there are, and the nearest one, when one is missing', async () => {
    const path = file('columns.csv', '번호,대화문,요약\n1,x,y\n')
    await expect(
      prepareSummarization({ files: [path], columns: { dialogue: '대화', summary: '요약' } }),
    ).rejects.toMatchObject({
      code: 'missing-column',
      message: expect.stringMatching(
        /no column "대화"; its columns are 번호, 대화문, 요약; did you mean "대화문"\?/,
      ),
    })
  })

  it('refuses to go on without rows or files', async () => {
    const path = file('none.jsonl', jsonl({ dialogue: 'x', summary: '' }, { dialogue: '', summary: 'y' }))
    await expect(prepareSummarization({ files: [path], columns })).rejects.toMatchObject({
      code: 'no-rows',
      message: expect.stringMatching(/all 2 were dropped \(missing-\w+ 1, missing-\w+ 1\)/),
    })
    await expect(prepareSummarization({ files: [], columns })).rejects.toMatchObject({ code: 'no-files' })
  })
})

const dialogsum = resolve('../shared/data/summarization')

describe.skipIf(!existsSync(dialogsum))('DialogSum (skipped where ../shared/data is absent)', () => {
  const named = { ...columns, id: 'fname' }

  it('keeps the English train and dev rows', async () => {
    const files = ['dialogsum.train.jsonl.gz', 'dialogsum.dev.jsonl'].map((name) =>
      join(dialogsum, 'dialogsum-en', name),
    )
    const { rows, drops } = await prepareSummarization({ files, columns: named })
    expect(rows.length + drops.total).toBe(12_960)
    expect(Object.keys(drops.counts).filter((reason) => reason !== 'duplicate')).toEqual([])
    expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length)
  })

  it('keeps the Korean dev rows with their quoted line ends', async () => {
    const files = [join(dialogsum, 'dialogsum-ko', 'dev.csv')]
    const { rows, drops } = await prepareSummarization({ files, columns: named })
    expect(rows.length + drops.total).toBe(499)
    expect(drops.total).toBe(0)
    expect(rows.every((row) => row.source.startsWith('#Person1#:'))).toBe(true)
  })
})
