import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { JsonLinesWriter } from './json-lines-writer.ts'

let path: string

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-lines-'))
  path = join(folder, 'out.jsonl')
  return () => rmSync(folder, { recursive: true })
})

function append(...values: Record<string, unknown>[]): number {
  const writer = JsonLinesWriter.open(path)
  for (const value of values) writer.write(value)
  writer.close()
  return writer.rows
}

describe('JsonLinesWriter', () => {
  it('appends whole lines that are in the file at once, and counts those it found', () => {
    const writer = JsonLinesWriter.open(path, { sync: true })
    writer.write({ prediction: '비가\n온다 😀' })
    expect(readFileSync(path, 'utf8')).toBe('{"prediction":"비가\\n온다 😀"}\n')
    writer.close()
    writer.close()
    expect(append({ b: 2 }, { c: 3 })).toBe(3)
  })

  it('resumes after a cut at any byte, losing the cut row alone', () => {
    const rows = [{ text: '가나' }, { text: '😀' }, { text: 'c', list: [{ a: 1 }] }]
    const whole = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const lines = rows.map((row) => Buffer.byteLength(JSON.stringify(row)))
    const ends = lines.map((_, i) => lines.slice(0, i + 1).reduce((sum, length) => sum + length + 1, 0))
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(path, whole.subarray(0, cut))
      // A row that lacks its line end alone is whole.
      const kept = ends.filter((end) => end - 1 <= cut).length
      expect(append(...rows.slice(kept)), `cut at ${cut}`).toBe(3)
      expect(readFileSync(path).equals(whole), `cut at ${cut}`).toBe(true)
    }
  })

  it('counts lines and finds the cut in a file longer than one reading', () => {
    const line = `${JSON.stringify({ text: 'x'.repeat(1000) })}\n`
    writeFileSync(path, line.repeat(3000))
    appendFileSync(path, line.slice(0, 500))
    expect(append({ last: true })).toBe(3001)
    expect(readFileSync(path, 'utf8')).toBe(`${line.repeat(3000)}{"last":true}\n`)
  })

  it('refuses what JSON would turn into null, and writes nothing of it', () => {
    const writer = JsonLinesWriter.open(path)
    expect(() => writer.write({ scores: [1, Number.NaN] })).toThrow(/NaN.*finite numbers only/)
    writer.close()
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  it('says what to do where the folder is missing', () => {
    expect(() => JsonLinesWriter.open(join(path, 'x', 'y'))).toThrow(/create the folder first/)
  })

  it.skipIf(!existsSync('/dev/full'))('tells a full disk (skipped where there is no /dev/full)', () => {
    const writer = JsonLinesWriter.open('/dev/full')
    expect(() => writer.write({ a: 1 })).toThrow(expect.objectContaining({ code: 'disk-full' }))
  })
})
