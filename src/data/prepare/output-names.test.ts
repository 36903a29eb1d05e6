import { expect, it } from 'vitest'
import { isReserved, outputNames } from './output-names.ts'

it.each([
  [
    ['data/a.jsonl', 'b.csv.gz', 'c.tar.parquet', '대화 1.txt'],
    ['a', 'b', 'c.tar', '대화-1'],
  ],
  [
    ['x/a.csv', 'y/a.jsonl.gz', 'y/A.txt', 'a-2.csv'],
    ['a', 'a-2', 'A-3', 'a-2-2'],
  ],
  [
    ['dropped.jsonl', 'report.csv', 'a.origins.jsonl'],
    ['dropped-2', 'report-2', 'a.origins-2'],
  ],
  [
    ['.hidden.csv', '***.csv', '..'],
    ['hidden', 'rows', 'rows-2'],
  ],
])('of %j', (files, names) => {
  expect(outputNames(files)).toEqual(names)
})

it('are never those of the reports, and all different on any file system', () => {
  const files = [
    'a.csv',
    'A.csv',
    'a-2.csv',
    'é.csv',
    'é.csv'.normalize('NFD'),
    'work',
    'lock',
    `${'x'.repeat(300)}.csv`,
  ]
  const names = outputNames([...files, ...files])
  expect(new Set(names.map((name) => name.normalize('NFC').toLowerCase())).size).toBe(names.length)
  expect(names.filter(isReserved)).toEqual([])
  expect(names.every((name) => Buffer.byteLength(`${name}.origins.jsonl`) < 255)).toBe(true)
})
