import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { registerDedup } from './dedup.ts'
import { createProgram, runProgram } from './program.ts'

let folder: string
let stdout: string
let stderr: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-dedup-'))
  stdout = ''
  stderr = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((stderr += String(text))))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const sentence = '우리는 내일 아침 일찍 서울역에서 만나 부산으로 가는 기차를 타기로 했다'

function write(name: string, rows: readonly (object | string)[]): string {
  const path = join(folder, name)
  const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)))
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

async function dedup(...words: string[]): Promise<{ status: number; pairs: unknown[] }> {
  const program = createProgram()
  registerDedup(program)
  const output = join(folder, 'pairs.jsonl')
  const status = await runProgram(program, ['dedup', ...words, '--pairs', output])
  if (status !== 0) return { status, pairs: [] }
  const text = readFileSync(output, 'utf8')
  return {
    status,
    pairs: text
      .split('\n')
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line)),
  }
}

describe('yuksu dedup', () => {
  it('writes every pair with both places and its similarity, and says what it found', async () => {
    const train = write('train.jsonl', [
      { text: sentence },
      { text: '전혀 다른 이야기' },
      { text: `${sentence} 그리고` },
    ])
    const dev = write('dev.jsonl', [{ text: '또 다른 이야기이다' }, { text: sentence.replaceAll(' ', '  ') }])
    const { pairs } = await dedup(train, dev, '--json')
    expect(pairs).toEqual([
      { first: { file: train, row: 1 }, second: { file: train, row: 3 }, jaccard: 7 / 8 },
      { first: { file: train, row: 1 }, second: { file: dev, row: 2 }, jaccard: 1 },
      { first: { file: train, row: 3 }, second: { file: dev, row: 2 }, jaccard: 7 / 8 },
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 5,
      pairs: 3,
      clusters: 1,
      duplicates: 2,
      shingle: 'word:5',
    })
  })

  it('compares by the threshold, the shingle and the column that are given', async () => {
    const rows = write('rows.jsonl', [
      { title: '같은 제목이다', text: sentence },
      { title: '같은제목 이다', text: '다른 글이 여기에 있다' },
    ])
    const options = ['--column', 'title', '--shingle', 'character:2']
    expect((await dedup(rows, ...options)).pairs).toEqual([])
    expect((await dedup(rows, ...options, '--ignore-spaces')).pairs).toHaveLength(1)
    expect((await dedup(rows, ...options, '--threshold', '0.2')).pairs).toHaveLength(1)
    expect((await dedup(rows)).pairs).toEqual([])
  })

  it('names what it could not read and goes on', async () => {
    const rows = write('rows.jsonl', [{ text: sentence }, '{"text": broken', { text: sentence }])
    const missing = join(folder, 'missing.jsonl')
    const { pairs } = await dedup(rows, missing, '--json')
    expect(pairs).toMatchObject([{ second: { row: 3 }, jaccard: 1 }])
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, unreadable: { rows: 1, files: 1 } })
    expect(stderr).toContain(missing)
    expect(stderr).toContain('row 2')
  })

  it.each([
    [['--threshold', '0']],
    [['--threshold', '1.5']],
    [['--shingle', 'sentence:2']],
    [['--column', 'texts']],
    [['--limit', '1']],
  ])('refuses %j in one line', async (options) => {
    const rows = write(
      'rows.jsonl',
      Array.from({ length: 3 }, () => ({ text: sentence })),
    )
    expect((await dedup(rows, ...options)).status).toBe(1)
    expect(stderr).toMatch(/^yuksu: [^\n]+\n/)
  })

  it('fails where nothing can be read', async () => {
    expect((await dedup(join(folder, 'missing.jsonl'))).status).toBe(1)
    expect(stderr).toContain('missing.jsonl')
  })
})
