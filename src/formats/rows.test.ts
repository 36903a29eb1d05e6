import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLines, readRows } from './rows.ts'
import type { ReadRowsOptions, Row } from './rows.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-rows-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** The rows of a file of that name and content, always as the same whether gzipped or not. */
async function rowsOf(name: string, content: string | Buffer, options?: ReadRowsOptions): Promise<Row[]> {
  const path = join(folder, name)
  writeFileSync(path, content)
  const rows = await collect(readRows(path, options))
  writeFileSync(`${path}.gz`, gzipSync(content))
  expect(await collect(readRows(`${path}.gz`, options))).toEqual(rows)
  return rows
}

const valuesOf = (rows: Row[]) => rows.map((row) => ('values' in row ? row.values : row.error))

describe('CSV', () => {
  it('reads quotes, doubled quotes, line ends and delimiters in fields, CRLF and a byte order mark', async () => {
    const text = '\uFEFF대화,요약\r\n"#1#: 안녕,\r\n#2#: ""네""","인사"\r\n\r\n평문,\r\n"",마지막'
    expect(await rowsOf('a.csv', text)).toEqual([
      { number: 1, line: 2, values: { 대화: '#1#: 안녕,\r\n#2#: "네"', 요약: '인사' } },
      { number: 2, line: 5, values: { 대화: '평문', 요약: '' } },
      { number: 3, line: 6, values: { 대화: '', 요약: '마지막' } },
    ])
  })

  it('finds a column however its name was composed, and leaves values as they are', async () => {
    const [row] = await rowsOf('nfd.csv', '요약,x\n가,1\n'.normalize('NFD'))
    expect(row).toMatchObject({ values: { ['요약'.normalize('NFC')]: '가'.normalize('NFD') } })
  })

  it('takes a quote inside a plain field for a character', async () => {
    expect(valuesOf(await rowsOf('plain.csv', 'a,b\n5" nail,x""y"\n1,2\n'))).toEqual([
      { a: '5" nail', b: 'x""y"' },
      { a: '1', b: '2' },
    ])
  })

  it('reports ragged rows and text after a quote in their place', async () => {
    expect(valuesOf(await rowsOf('ragged.csv', 'a,b\n1,2\n3\n4,5,6\n"7"x,8\n9,10\n'))).toEqual([
      { a: '1', b: '2' },
      'the row has 1 columns, the header 2 (a, b)',
      'the row has 3 columns, the header 2 (a, b)',
      'text follows the closing quote of column 1',
      { a: '9', b: '10' },
    ])
  })

  it('names the line where an unclosed quote began, and goes on after it', async () => {
    const rows = await rowsOf('open.csv', 'a,b\n1,2\n3,"x\ny"\n5,"z\n6,7\n')
    expect(rows.slice(2)).toEqual([
      { number: 3, line: 5, error: expect.stringMatching(/quote opened on line 5 is never closed/) },
      { number: 4, line: 6, values: { a: '6', b: '7' } },
    ])
  })

  it('agrees with itself wherever the file is cut into pieces', async () => {
    // The reader takes 256 KiB at a time: padding moves each byte of the row over that border.
    const row = '"가""나\r\n😀","끝"\r\n'
    const length = Buffer.byteLength(row)
    for (let i = 0; i <= length; i += 1) {
      const padding = 'x'.repeat((1 << 18) - 7 - i)
      const path = join(folder, 'border.csv')
      writeFileSync(path, `a,b\n${padding},1\n${row}y,z\n`)
      expect(valuesOf(await collect(readRows(path))).slice(1)).toEqual([
        { a: '가"나\r\n😀', b: '끝' },
        { a: 'y', b: 'z' },
      ])
    }
  })

  it.each([
    ['two columns of one name', 'a,b,a\n1,2,3\n', 'invalid-header', /two columns are named "a"/],
    [
      'a header in CP949',
      Buffer.from([0xbf, 0xe4, 0xbe, 0xe0, 0x0a, 0x31, 0x0a]),
      'not-utf-8',
      /save the file as UTF-8/,
    ],
    ['line ends of CR', 'a,b\r1,2\r', 'invalid-header', /CR alone/],
    ['an unclosed quote in the header', '"a,b\n1,2\n', 'invalid-header', /opened on line 1 is never closed/],
    ['UTF-16', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le'), 'not-utf-8', /UTF-16; save it as UTF-8/],
    ['a header alone', 'a,b\n\n', 'empty-file', /holds no rows/],
    ['no bytes', '', 'empty-file', /is empty/],
    ['a byte order mark alone', '\uFEFF', 'empty-file', /is empty/],
  ])('refuses %s in one line', async (_, content, code, message) => {
    const error = await rowsOf('refused.csv', content).catch((error: unknown) => error)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect((error as Error).message).not.toContain('\n')
  })
})

describe('TSV', () => {
  it('takes quotes for characters unless told otherwise', async () => {
    const text = 'a\tb\n"열린 따옴표\t"x ""y"""\n1\t2\n'
    expect(valuesOf(await rowsOf('a.tsv', text))[0]).toEqual({ a: '"열린 따옴표', b: '"x ""y"""' })
    const quoted = 'a\tb\n"x\ty"\t"z ""w"""\n'
    expect(valuesOf(await rowsOf('b.tsv', quoted, { quotes: true }))).toEqual([{ a: 'x\ty', b: 'z "w"' }])
  })
})

describe('JSONL', () => {
  it('counts rows and lines apart and names columns in normal form C', async () => {
    const text = `{"a":1}\n\n  \n{"${'요약'.normalize('NFD')}":[1,{"b":null}]}\r\n{"last":true}`
    expect(await rowsOf('a.jsonl', text)).toEqual([
      { number: 1, line: 1, values: { a: 1 } },
      { number: 2, line: 4, values: { 요약: [1, { b: null }] } },
      { number: 3, line: 5, values: { last: true } },
    ])
  })

  it('reports each kind of bad row and keeps all others', async () => {
    const invalid = Buffer.concat([
      Buffer.from('{"a":"가'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}\n'),
    ])
    const lines = [
      '{"a":1}\n',
      '{"a":\n',
      '[1]\n',
      'null\n',
      invalid,
      '{"a":"\\ud83d"}\n',
      '{"a":"\\\\ud83d \\ud83d\\ude00"}',
    ]
    const rows = await rowsOf('bad.jsonl', Buffer.concat(lines.map((line) => Buffer.from(line))))
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(valuesOf(rows)).toEqual([
      { a: 1 },
      expect.stringMatching(/^the row is not valid JSON/),
      'the row is a list, expected an object of named values',
      'the row is null, expected an object of named values',
      'byte 10 of the row is not valid UTF-8',
      expect.stringMatching(/lone surrogate/),
      { a: '\\ud83d 😀' },
    ])
  })

  it.each([1, 50])('reads a single line of %i MB', async (megabytes) => {
    const path = join(folder, 'long.jsonl')
    const text = '가나다라 '.repeat((megabytes * 1_000_000) / 13)
    writeFileSync(path, `{"a":"${text}"}\n{"a":"next"}\n`)
    const values = valuesOf(await collect(readRows(path))) as { a: string }[]
    expect(values.map(({ a }) => a.length)).toEqual([text.length, 4])
    expect(values[0]!.a === text).toBe(true)
  })
})

describe('JSON', () => {
  it('streams the elements of one array', async () => {
    const text = '\uFEFF[\n  {"a": "],{\\"\\\\", "b": [1, [2]]},\n\n  {\n    "a": "가"\n  }\n]\n'
    expect(await rowsOf('a.json', text)).toEqual([
      { number: 1, line: 2, values: { a: '],{"\\', b: [1, [2]] } },
      { number: 2, line: 4, values: { a: '가' } },
    ])
  })

  it('keeps the rows around a bad one, and the rows before the end of a cut-off file', async () => {
    const bad = Buffer.concat([
      Buffer.from('[{"a":1},{"a":"'),
      Buffer.of(0xb0),
      Buffer.from('"},{"a" 2},,{"a":3},{"a":'),
    ])
    expect(valuesOf(await rowsOf('bad.json', bad))).toEqual([
      { a: 1 },
      'byte 7 of the row is not valid UTF-8',
      expect.stringMatching(/not valid JSON/),
      'a comma stands where a row should be',
      { a: 3 },
      'the file ends in the middle of this row',
    ])
  })

  it.each([
    ['an object', '{"rows":[]}', 'not-an-array', /starts with \{; name it \.jsonl if/],
    ['a word', 'rows', 'not-an-array', /does not start with \[/],
    ['two arrays', '[{"a":1}]\n[{"a":2}]', 'not-an-array', /line 2 goes on after the closing \]/],
    ['white space', ' \n', 'not-an-array', /only white space/],
    ['no rows', '[ ]', 'empty-file', /holds no rows/],
  ])('refuses %s', async (_, content, code, message) => {
    await expect(rowsOf('refused.json', content)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})

describe('files', () => {
  it('names the formats it knows, and the missing file', async () => {
    await expect(collect(readRows('rows.xlsx'))).rejects.toThrow(
      /expected \.jsonl, \.json, \.csv, \.tsv, each also with \.gz/,
    )
    await expect(collect(readRows(join(folder, 'none.csv')))).rejects.toMatchObject({ code: 'missing-file' })
    await expect(collect(readLines(folder))).rejects.toMatchObject({ code: 'cannot-read' })
  })

  it('gives the rows before the damage of a cut-off gzip, then one line', async () => {
    const path = join(folder, 'cut.jsonl.gz')
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"a":${Math.sin(i)}}\n`).join('')
    const whole = gzipSync(lines)
    writeFileSync(path, whole.subarray(0, whole.length / 2))
    let seen = 0
    const reading = (async () => {
      for await (const row of readRows(path)) seen += 'values' in row ? 1 : 0
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'truncated-gzip',
      message: expect.stringMatching(/it ends in the middle; fetch/),
    })
    expect(seen).toBeGreaterThan(1000)
    writeFileSync(path, 'not gzip at all')
    await expect(collect(readRows(path))).rejects.toThrow(/it is not gzip or was damaged/)
  })
})

describe('readLines', () => {
  it('gives every line, empty ones included, and those around a bad one', async () => {
    const path = join(folder, 'text.txt')
    writeFileSync(
      path,
      Buffer.concat([Buffer.from('\uFEFF하나\r\n\n'), Buffer.of(0xff, 0x0a), Buffer.from('끝\n')]),
    )
    expect(await collect(readLines(path))).toEqual([
      { number: 1, line: 1, text: '하나' },
      { number: 2, line: 2, text: '' },
      { number: 3, line: 3, error: 'byte 1 of the row is not valid UTF-8' },
      { number: 4, line: 4, text: '끝' },
    ])
  })
})

const data = join(import.meta.dirname, '../../../shared/data')

describe.skipIf(!existsSync(data))('real files (skipped where ../shared/data is absent)', () => {
  it.each([
    ['summarization/dialogsum-en/dialogsum.train.jsonl.gz', 12_460, 'fname,dialogue,summary,topic'],
    ['summarization/dialogsum-ko/dev.csv', 499, 'fname,dialogue,summary,topic'],
    ['korean/nsmc-reviews-200k.tsv.gz', 200_000, 'review_id,movie_id,rating,date,review'],
    [
      'korean/klue-nli.dev.json',
      3000,
      'guid,source,premise,hypothesis,gold_label,author,label2,label3,label4,label5',
    ],
  ])('reads %s: %i rows and no error', async (path, count, columns) => {
    let rows = 0
    const names = new Set<string>()
    for await (const row of readRows(join(data, path))) {
      rows++
      names.add('values' in row ? Object.keys(row.values).join(',') : row.error)
    }
    expect(rows).toBe(count)
    expect([...names]).toEqual([columns])
  })
})
