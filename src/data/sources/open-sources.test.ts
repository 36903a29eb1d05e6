import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { readRows } from '../../formats/rows.ts'
import { openSources, type RawBatch, transferablesOf } from './index.ts'
import { readBatch } from './read-batch.ts'
import { readSources, reasonsOf, testFolder, valuesOf } from './testing-sources.ts'

let folder: ReturnType<typeof testFolder>
beforeEach(() => {
  folder = testFolder()
  return () => folder.remove()
})
const write = (name: string, content: string | Uint8Array) => folder.write(name, content)

describe('rows of files', () => {
  it('come with their file, number and line, blank lines and headers being none', async () => {
    const lines = write('a.jsonl', '{"a":1}\n\n  \r\n{"a":"가"}\r\n[1]\n{"a":2}')
    const table = write('b.csv', '\ntext,n\n"x\ny",1\n\nz,2\n')
    const { rows } = await readSources([lines, table])
    expect(rows).toEqual([
      { place: { file: lines, number: 1, line: 1 }, values: { a: 1 } },
      { place: { file: lines, number: 2, line: 4 }, values: { a: '가' } },
      { place: { file: lines, number: 3, line: 5 }, reason: 'malformed', detail: expect.any(String) },
      { place: { file: lines, number: 4, line: 6 }, values: { a: 2 } },
      { place: { file: table, number: 1, line: 3 }, values: { text: 'x\ny', n: '1' } },
      { place: { file: table, number: 2, line: 6 }, values: { text: 'z', n: '2' } },
    ])
  })

  it('are the same through gzip members, one after another', async () => {
    const plain = write('a.tsv', 'text\tn\n"가\t1\n나\t2\n다\t3\n')
    const packed = write(
      'b.tsv.gz',
      Buffer.concat([gzipSync('text\tn\n"가\t1\n나'), gzipSync('\t2\n다\t3\n')]),
    )
    expect(valuesOf(await readSources([packed]))).toEqual(valuesOf(await readSources([plain])))
    expect(valuesOf(await readSources([plain]))).toEqual([
      { text: '"가', n: '1' },
      { text: '나', n: '2' },
      { text: '다', n: '3' },
    ])
  })

  it('of plain text are its lines', async () => {
    write('a.txt', '하나\r\n \n\n둘 \n')
    expect((await readSources([join(folder.path, 'a.txt')])).rows).toMatchObject([
      { place: { number: 1, line: 1 }, values: { text: '하나' } },
      { place: { number: 2, line: 4 }, values: { text: '둘 ' } },
    ])
  })

  it('with zeros are named, and the others stay', async () => {
    const path = write('a.jsonl', '{"a":1}\n{"a":"\0"}\n\0\0\0\0\n{"a":"\\u0000"}\n')
    expect(valuesOf(await readSources([path]))).toEqual([{ a: 1 }, 'nul-bytes', 'nul-bytes', { a: '\0' }])
  })
})

describe('batches', () => {
  const content = (count: number) =>
    Array.from({ length: count }, (_, i) => JSON.stringify({ i, text: '가나다라 '.repeat(i % 97) })).join(
      '\n',
    )

  async function batchesOf(path: string): Promise<RawBatch[]> {
    const { sources } = await openSources([path])
    const batches: RawBatch[] = []
    for await (const batch of sources[0]!.batches(() => undefined)) batches.push(batch)
    return batches
  }

  it('are cut by what the file holds, not by how it was read', async () => {
    const text = content(12_000)
    const plain = await batchesOf(write('a.jsonl', text))
    const members: Buffer[] = []
    for (let at = 0; at < text.length; at += 30_011) members.push(gzipSync(text.slice(at, at + 30_011)))
    const packed = await batchesOf(write('a.jsonl.gz', Buffer.concat(members)))
    const shape = (batches: RawBatch[]) => batches.map(({ count, bytes }) => [count, bytes.length])
    expect(plain.length).toBeGreaterThan(2)
    expect(shape(packed)).toEqual(shape(plain))
    for (const { bytes } of plain) expect(bytes.length).toBeLessThanOrEqual(1 << 20)
  })

  it('read the same after they were handed to a thread', async () => {
    for (const batch of await batchesOf(write('a.jsonl', content(3000)))) {
      const here = readBatch(batch)
      const sent = structuredClone(batch, { transfer: transferablesOf(batch) })
      expect(batch.bytes.length).toBe(0)
      expect(readBatch(sent)).toEqual(here)
    }
  })

  it('are one where a single row is longer than a batch', async () => {
    const long = '가'.repeat(1_000_000)
    const path = write('a.jsonl', `{"a":1}\n{"a":"${long}"}\n{"a":2}\n`)
    const batches = await batchesOf(path)
    expect(batches.map(({ count }) => count)).toEqual([1, 1, 1])
    expect(valuesOf(await readSources([path]))).toEqual([{ a: 1 }, { a: long }, { a: 2 }])
  })
})

describe('bad input', () => {
  it('a row longer than the limit is refused and its neighbours stay', async () => {
    const long = 'x'.repeat(5_000_000)
    const options = { rowLimit: 1 << 20 }
    const lines = write('a.jsonl', `{"a":1}\n{"a":"${long}"}\n{"a":2}\n{"a":"${'x'.repeat((1 << 20) - 8)}"}`)
    expect(valuesOf(await readSources([lines], options)).slice(0, 3)).toEqual([
      { a: 1 },
      'row-too-long',
      { a: 2 },
    ])
    expect(valuesOf(await readSources([lines], options))[3]).toHaveProperty('a')
    const quoted = write('a.csv', `a,b\n1,2\n"${long}",3\n4,5\n${long},6\n7,8\n`)
    expect(valuesOf(await readSources([quoted], options))).toEqual([
      { a: '1', b: '2' },
      'row-too-long',
      { a: '4', b: '5' },
      'row-too-long',
      { a: '7', b: '8' },
    ])
    const array = write('a.json', `[{"a":1},{"a":"${long}"},{"a":2}]`)
    expect(valuesOf(await readSources([array], options))).toEqual([{ a: 1 }, 'row-too-long', { a: 2 }])
  })

  it('a truncated gzip is a fault after the rows before it, and the next file is read', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `{"a":${Math.sin(i)}}\n`).join('')
    const whole = gzipSync(text)
    const cut = write('a.jsonl.gz', whole.subarray(0, whole.length / 2))
    const next = write('b.jsonl', '{"a":"next"}')
    const read = await readSources([cut, write('none.jsonl.gz', 'not gzip'), next])
    expect(reasonsOf(read)).toEqual(['truncated-gzip', 'corrupt-gzip'])
    expect(read.rows.length).toBeGreaterThan(5000)
    expect(read.rows.every((row) => 'values' in row)).toBe(true)
    expect(read.rows.at(-1)).toMatchObject({ values: { a: 'next' } })
  })

  it('what unpacks to too much is left where the limit is', async () => {
    const limits = { bytes: 300_000, ratio: 100, ratioFrom: 100_000 }
    const bomb = write('a.jsonl.gz', gzipSync('{"a":1}\n'.repeat(40_000)))
    const read = await readSources([bomb], { limits })
    expect(reasonsOf(read)).toEqual(['zip-bomb'])
    expect(read.rows.length).toBeLessThan(33_000)
    const large = write(
      'b.txt.gz',
      gzipSync(Array.from({ length: 40_000 }, (_, i) => (i * i) % 9973).join(' ')),
    )
    const wide = { ...limits, bytes: 100_000, ratio: 1e9 }
    expect(reasonsOf(await readSources([large], { limits: wide }))).toEqual(['zip-bomb'])
    expect(reasonsOf(await readSources([large], { limits: { ...wide, bytes: 400_000 } }))).toEqual([])
  })

  it('files that hold nothing, are of no known format or no files at all are named', async () => {
    const named = [
      write('empty.jsonl', ''),
      write('mark.csv', '\uFEFF'),
      write('header.csv', 'a,b\n'),
      write('blank.txt', '\n \n'),
      write('twice.csv', 'a,a\n1,2\n'),
      write('object.json', '{"a":1}'),
      write('rows.xlsx', 'x'),
      join(folder.path, 'none.jsonl'),
      join(folder.path, 'x*.jsonl'),
    ]
    const read = await readSources(named)
    expect(read.rows).toEqual([])
    expect(
      Object.fromEntries(read.faults.map(({ file, reason }) => [relative(folder.path, file), reason])),
    ).toEqual({
      'empty.jsonl': 'empty-file',
      'mark.csv': 'empty-file',
      'header.csv': 'empty-file',
      'blank.txt': 'empty-file',
      'twice.csv': 'invalid-header',
      'object.json': 'not-an-array',
      'rows.xlsx': 'unknown-format',
      'none.jsonl': 'missing-file',
      'x*.jsonl': 'no-files',
    })
  })

  it.skipIf(process.getuid?.() === 0)('an unreadable file is named and the others are read', async () => {
    const secret = write('b.jsonl', '{"a":0}')
    chmodSync(secret, 0)
    write('a.jsonl', '{"a":1}')
    write('c.jsonl', '{"a":2}')
    const read = await readSources([folder.path])
    expect(valuesOf(read)).toEqual([{ a: 1 }, { a: 2 }])
    expect(read.faults).toMatchObject([{ file: secret, reason: 'unreadable' }])
  })

  it('a pipe is refused rather than waited on', async () => {
    const pipe = join(folder.path, 'pipe.jsonl')
    if (spawnSync('mkfifo', [pipe]).status !== 0) return
    expect(reasonsOf(await readSources([pipe]))).toEqual(['not-a-file'])
    expect(reasonsOf(await readSources([folder.path]))).toEqual(['not-a-file'])
    expect(reasonsOf(await readSources(['/dev/zero']))).toEqual(['not-a-file'])
  })
})

describe('names, folders and patterns', () => {
  beforeEach(() => {
    for (const name of [
      'b.jsonl',
      'a.jsonl',
      '가.jsonl',
      'sub/c.jsonl',
      'sub/deep/d.jsonl.gz',
      'x[1].jsonl',
      '.hidden.jsonl',
    ]) {
      const text = `{"n":"${name}"}`
      write(name, name.endsWith('.gz') ? gzipSync(text) : text)
    }
  })
  const found = async (...patterns: string[]) => {
    const { sources, faults } = await openSources(patterns.map((pattern) => join(folder.path, pattern)))
    return {
      files: sources.map(({ file }) => relative(folder.path, file)),
      faults: faults.map(({ reason }) => reason),
    }
  }

  it.each([
    ['*.jsonl', ['a.jsonl', 'b.jsonl', 'x[1].jsonl', '가.jsonl']],
    ['?.jsonl', ['a.jsonl', 'b.jsonl', '가.jsonl']],
    ['[!a].jsonl', ['b.jsonl', '가.jsonl']],
    ['{b,a}.jsonl', ['b.jsonl', 'a.jsonl']],
    ['**/*.jsonl*', ['a.jsonl', 'b.jsonl', 'x[1].jsonl', '가.jsonl', 'sub/c.jsonl', 'sub/deep/d.jsonl.gz']],
    ['*/*.jsonl', ['sub/c.jsonl']],
    ['x[1].jsonl', ['x[1].jsonl']],
    ['.h*', ['.hidden.jsonl']],
    ['가.jsonl'.normalize('NFC'), ['가.jsonl']],
    ['.', ['a.jsonl', 'b.jsonl', 'sub/c.jsonl', 'sub/deep/d.jsonl.gz', 'x[1].jsonl', '가.jsonl']],
  ])('%s finds its files by name', async (pattern, files) => {
    expect(await found(pattern)).toEqual({ files, faults: [] })
  })

  it('keep the order in which they were given, and take a file once', async () => {
    expect(await found('b.jsonl', '*.jsonl', 'a.jsonl')).toEqual({
      files: ['b.jsonl', 'a.jsonl', 'x[1].jsonl', '가.jsonl'],
      faults: ['given-twice', 'given-twice'],
    })
  })

  it('follow a link that was named, and no link out of a folder or round in it', async () => {
    const outside = testFolder()
    try {
      const target = outside.write('secret.jsonl', '{"n":"outside"}')
      const links = join(folder.path, 'links')
      mkdirSync(links)
      write('links/own.jsonl', '{"n":"own"}')
      symlinkSync(target, join(links, 'out.jsonl'))
      symlinkSync('..', join(links, 'up'))
      symlinkSync('loop.jsonl', join(links, 'loop.jsonl'))
      symlinkSync('own.jsonl', join(links, 'zz.jsonl'))
      expect(await found('links/out.jsonl')).toEqual({ files: ['links/out.jsonl'], faults: [] })
      expect(await found('links/loop.jsonl')).toEqual({ files: [], faults: ['link-loop'] })
      for (const pattern of ['links', 'links/**', 'links/*']) {
        const { files, faults } = await found(pattern)
        expect(files).toEqual(['links/own.jsonl'])
        expect(faults.sort()).toEqual(['given-twice', 'link-loop', 'link-not-followed', 'link-not-followed'])
      }
    } finally {
      outside.remove()
    }
  })
})

const data = join(import.meta.dirname, '../../../../shared/data')

describe.skipIf(!existsSync(data))('real files (skipped where ../shared/data is absent)', () => {
  it.each([
    'summarization/dialogsum-ko/dev.csv',
    'summarization/dialogsum-en/dialogsum.dev.jsonl',
    'korean/klue-nli.dev.json',
    'korean/hate-speech.train.tsv',
  ])('%s reads as readRows reads it', async (name) => {
    const path = join(data, name)
    const expected = []
    for await (const row of readRows(path)) expected.push(row)
    const { rows, faults } = await readSources([path])
    expect(faults).toEqual([])
    expect(rows).toMatchObject(
      expected.map((row) => ({
        place: { file: path, number: row.number, line: row.line },
        ...('values' in row ? { values: row.values } : { detail: row.error }),
      })),
    )
    expect(rows.length).toBeGreaterThan(400)
  })
})
