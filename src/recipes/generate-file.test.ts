import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateFile, type GenerateFileRequest } from './generate-file.ts'

let folder: string
let input: string
let output: string
let calls: string[][]

const rows = Array.from({ length: 23 }, (_, index) => ({
  id: index,
  dialogue: index === 5 ? ' ' : `민수: ${'밥 '.repeat((index * 7) % 11)}먹었어? 😀 ${index}\n수진: 응.`,
  nested: { ㄱ: [1, null] },
}))

const summarizer = {
  async summarize(texts: string[]) {
    calls.push(texts)
    return texts.map((text) => `요약: ${text.length}`)
  },
}

const request = (changes: Partial<GenerateFileRequest<object>> = {}): GenerateFileRequest<object> => ({
  input,
  output,
  column: 'dialogue',
  summarizer,
  options: {},
  settings: { model: 'm', numBeams: 1 },
  batchSize: 4,
  progress: { write: () => {} },
  ...changes,
})

const written = () =>
  readFileSync(output, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const expected = rows.map((row) => ({
  ...row,
  prediction: row.id === 5 ? '' : `요약: ${row.dialogue.length}`,
}))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-generate-'))
  input = join(folder, 'rows.jsonl')
  output = join(folder, 'out.jsonl')
  calls = []
  writeFileSync(input, rows.map((row) => JSON.stringify(row)).join('\n'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('generateFile', () => {
  it('adds a prediction to every row, in order, and passes over empty texts', async () => {
    expect(await generateFile(request())).toEqual({ rows: 23, resumed: 0, empty: 1 })
    expect(written()).toEqual(expected)
    expect(calls.flat()).toHaveLength(22)
    expect(Math.max(...calls.map((texts) => texts.length))).toBe(4)
  })

  it('reads CSV and gzip, and columns with decomposed Korean names', async () => {
    input = join(folder, 'rows.csv.gz')
    writeFileSync(input, gzipSync('번호,대화\n1,"가: ""응""\n나: 네"\n'))
    await generateFile(request({ column: '대화'.normalize('NFD') }))
    expect(written()).toEqual([{ 번호: '1', 대화: '가: "응"\n나: 네', prediction: '요약: 11' }])
  })

  it.each([0, 1, 700, 1500, 3000])(
    'continues after a cut at byte %i as if it had never stopped',
    async (bytes) => {
      await generateFile(request())
      const whole = readFileSync(output)
      truncateSync(output, bytes)
      const lines = readFileSync(output, 'utf8').split('\n').length - 1
      calls = []
      const result = await generateFile(request())
      expect(result.resumed).toBe(lines)
      expect(readFileSync(output)).toEqual(whole)
      const asked = rows.filter((row) => row.id >= lines && row.id !== 5).map((row) => row.dialogue)
      expect(calls.flat().sort()).toEqual(asked.sort())
    },
  )

  it('keeps what is written when it is stopped, and continues', async () => {
    const abort = new AbortController()
    const stopping = {
      async summarize(texts: string[]) {
        if (calls.length === 4) abort.abort(new Error('stopped'))
        return summarizer.summarize(texts)
      },
    }
    const stopped = generateFile(request({ summarizer: stopping, signal: abort.signal }))
    await expect(stopped).rejects.toThrow('stopped')
    expect(written()).toEqual(expected.slice(0, 16))
    expect(await generateFile(request())).toMatchObject({ resumed: 16 })
    expect(written()).toEqual(expected)
  })

  it('asks nothing when all is done', async () => {
    await generateFile(request())
    calls = []
    expect(await generateFile(request())).toMatchObject({ rows: 23, resumed: 23 })
    expect(calls).toEqual([])
  })

  it('does not continue an output of other rows, other settings or another kind', async () => {
    await generateFile(request())
    const whole = readFileSync(output)
    await expect(generateFile(request({ settings: { model: 'm', numBeams: 4 } }))).rejects.toThrow(
      'was written with numBeams 1, not 4; remove it or give another --output',
    )
    writeFileSync(
      input,
      [{ ...rows[0], dialogue: '다른 말' }, ...rows.slice(1)].map((row) => JSON.stringify(row)).join('\n'),
    )
    await expect(generateFile(request())).rejects.toThrow('row 1 is not row 1 of')
    writeFileSync(input, JSON.stringify(rows[0]))
    await expect(generateFile(request())).rejects.toThrow('has more rows than')
    expect(readFileSync(output)).toEqual(whole)
    const notes = join(folder, 'notes.jsonl')
    writeFileSync(notes, 'my notes\n')
    await expect(generateFile(request({ output: notes }))).rejects.toThrow('line 1 of')
    expect(readFileSync(notes, 'utf8')).toBe('my notes\n')
  })

  it.each([
    ['{"id": 1}', /line 24 of .* has no column dialogue; it has: id/],
    ['{"dialouge": "a"}', /did you mean dialouge\?/],
    ['{"dialogue": 7}', /line 24 of .*: column dialogue is 7, not text/],
    ['{"dialogue": "a', /line 24 of .*; mend or remove that row/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /not valid UTF-8/],
  ])('refuses a file with the row %s before it asks the model', async (line, message) => {
    appendFileSync(input, '\n')
    appendFileSync(input, line)
    await expect(generateFile(request())).rejects.toThrow(message)
    expect(calls).toEqual([])
    expect(existsSync(output)).toBe(false)
  })

  it('refuses to write over its input or to a name that is not .jsonl', async () => {
    await expect(generateFile(request({ output: input }))).rejects.toThrow('give the output another name')
    await expect(generateFile(request({ output: join(folder, 'out.csv') }))).rejects.toThrow(
      'must be named *.jsonl',
    )
    await expect(generateFile(request({ output: join(folder, 'none', 'out.jsonl') }))).rejects.toThrow(
      'create the folder',
    )
  })
})
