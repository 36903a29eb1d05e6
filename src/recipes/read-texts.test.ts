import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTexts, type TextFile } from './read-texts.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-texts-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function read(files: (string | TextFile)[], columns = ['dialogue']) {
  const texts: string[] = []
  const dropped: Array<{ line: number; reason: string }> = []
  for await (const text of readTexts(files, { columns, onDropped: (row) => dropped.push(row) }))
    texts.push(text)
  return { texts, dropped }
}

describe('readTexts', () => {
  it('reads lines of text and columns of rows, plain and compressed, in order', async () => {
    const text = file('a.txt', '첫 줄\r\n\n둘째 줄\n')
    const rows = file('b.csv.gz', gzipSync('대화,요약\n"가\n나",다\n라,마\n'))
    expect((await read([text, rows], ['대화', '요약'])).texts).toEqual([
      '첫 줄',
      '둘째 줄',
      '가\n나',
      '다',
      '라',
      '마',
    ])
  })

  it('puts paragraphs together to passages, and their broken lines', async () => {
    const long = 'x'.repeat(1199)
    const content = `\n첫 줄은\n  둘째 줄로 이어진다.\n\n\n짧다.\n \n${long}\ny\n\nlast\r\none`
    const path = file('p.txt', content)
    expect((await read([{ path, passages: 'paragraphs' }])).texts).toEqual([
      `첫 줄은 둘째 줄로 이어진다.\n짧다.\n${long} y`,
      'last one',
    ])
    expect((await read([{ path: file('empty.txt', '\n\n'), passages: 'paragraphs' }])).texts).toEqual([])
  })

  it('reads the columns that a file names in place of those of all', async () => {
    const path = file('q.jsonl', '{"question": "a", "answer": "b", "dialogue": "no"}\n')
    const other = file('r.jsonl', '{"dialogue": "c"}\n')
    expect((await read([{ path, columns: ['question', 'answer'] }, other])).texts).toEqual(['a', 'b', 'c'])
  })

  it('leaves out what cannot be read, and says where', async () => {
    const rows = file('c.jsonl', '{"dialogue": "a"}\nnot json\n{"dialogue": 3}\n{"other": ""}\n')
    const { texts, dropped } = await read([rows])
    expect(texts).toEqual(['a'])
    expect(dropped.map((row) => row.line)).toEqual([2, 3, 4])
  })

  it('refuses files of unknown kind and files without the column', async () => {
    await expect(read([file('d.docx', 'x')])).rejects.toThrow('cannot tell the format of')
    await expect(read([file('e.jsonl', '{"dialouge": "a"}\n')])).rejects.toThrow('did you mean dialouge?')
  })
})
