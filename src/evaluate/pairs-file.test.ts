import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPairs } from './pairs-file.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-pairs-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row) + '\n').join('')

describe('pairs', () => {
  it('come from plain text, a row a line, empty lines included', async () => {
    const references = await file('r.txt', '\ufeff가 나\r\n\r\n다\r\n')
    const predictions = await file('p.txt', 'a\n{"not": "a row"\n')
    await writeFile(predictions, 'a\n{"not": "a row"}\n\n')
    expect(await readPairs(references, predictions)).toEqual([
      { references: ['가 나'], prediction: 'a' },
      { references: [''], prediction: '{"not": "a row"}' },
      { references: ['다'], prediction: '' },
    ])
  })

  it('come from one JSONL file, by its name or by its first row', async () => {
    const content = lines(
      { references: ['가', '나'], prediction: '다\n라' },
      { reference: '마', prediction: '', more: 1 },
    )
    const expected = [
      { references: ['가', '나'], prediction: '다\n라' },
      { references: ['마'], prediction: '' },
    ]
    const named = await file('both.jsonl', content + '\n')
    expect(await readPairs(named, named)).toEqual(expected)
    const unnamed = await file('both', content)
    expect(await readPairs(unnamed, unnamed)).toEqual(expected)
    const packed = await file('both.jsonl.gz', gzipSync(content))
    expect(await readPairs(packed, packed)).toEqual(expected)
  })

  it('mix both kinds', async () => {
    const references = await file('mixed.txt', 'a\nb\n')
    const predictions = await file('mixed.jsonl', lines({ prediction: 'x' }, { prediction: 'y' }))
    expect(await readPairs(references, predictions)).toEqual([
      { references: ['a'], prediction: 'x' },
      { references: ['b'], prediction: 'y' },
    ])
  })
})

describe('refusals', () => {
  it('of different numbers of rows name both', async () => {
    const three = await file('three.txt', 'a\nb\nc\n')
    const two = await file('two.txt', 'a\nb\n')
    await expect(readPairs(three, two)).rejects.toMatchObject({
      code: 'row-count',
      message: expect.stringMatching(/three\.txt holds 3 rows, .*two\.txt 2;/),
    })
  })

  it.each([
    [
      'missing-column',
      lines({ prediction: 'a' }, { summary: 'b' }),
      /line 2: no prediction; found the columns summary/,
    ],
    ['wrong-type', lines({ prediction: null }), /line 1: prediction is null/],
    ['invalid-row', '{"prediction": \n', /line 1/],
    ['empty-file', '', /empty/],
    ['invalid-row', Buffer.from('{"prediction": "\xff"}\n', 'latin1'), /line 1.*UTF-8/],
  ])('%s of predictions', async (code, content, message) => {
    const references = await file('good.txt', 'a\nb\n')
    const predictions = await file('bad.jsonl', content)
    const error: unknown = await readPairs(references, predictions).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(error).toMatchObject({ message: expect.not.stringContaining('\n') })
  })

  it.each([[{ references: [] }], [{ references: ['a', 1] }], [{ reference: 3 }]])('%j', async (row) => {
    const path = await file('references.jsonl', lines({ ...row, prediction: 'a' }))
    await expect(readPairs(path, path)).rejects.toMatchObject({ code: 'wrong-type' })
  })

  it('of tables, which as plain text would score wrong rows', async () => {
    const path = await file('rows.csv', 'prediction\n"a\nb"\n')
    await expect(readPairs(path, path)).rejects.toMatchObject({ code: 'unknown-format' })
  })
})
