import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDropReport } from './dropped-rows.ts'

describe('createDropReport', () => {
  it('counts by reason, most frequent first', () => {
    const report = createDropReport()
    expect(report.summary()).toBe('no rows dropped')
    report.drop({ file: 'a.csv', number: 1, line: 2, reason: 'invalid-row' })
    expect(report.summary()).toBe('1 row dropped: invalid-row 1')
    for (let i = 0; i < 1500; i++) report.drop({ file: 'b.csv', number: i, line: i, reason: 'empty-summary' })
    expect(report.total).toBe(1501)
    expect(Object.entries(report.counts)).toEqual([
      ['empty-summary', 1500],
      ['invalid-row', 1],
    ])
    expect(report.summary()).toBe('1,501 rows dropped: empty-summary 1,500, invalid-row 1')
  })

  it('writes every dropped row with its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yuksu-drop-'))
    const path = join(folder, 'dropped.jsonl')
    const report = createDropReport()
    const rows = Array.from({ length: 2345 }, (_, i) => {
      return {
        file: '대화.csv',
        number: i + 1,
        line: 2 * i + 2,
        reason: 'empty-summary',
        detail: '요약이\n비었다',
      }
    })
    for (const row of rows) report.drop(row)
    await report.write(path)
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows)
    await createDropReport().write(path)
    expect(readFileSync(path, 'utf8')).toBe('')
    rmSync(folder, { recursive: true })
  })
})
