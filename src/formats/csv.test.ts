import { describe, expect, it } from 'vitest'
import { parseFields, separatedSplitter } from './csv.ts'
import { RecordCollector } from './record-splitter.ts'

const format = { delimiter: ',', quotes: true } as const

/** Each record as its fields, or its fault, and the line where it begins; the text comes in pieces of `size` bytes. */
function records(text: string, size = 1 << 16, limit?: number): unknown[] {
  const bytes = Buffer.from(text)
  const splitter = separatedSplitter(format, limit)
  const collector = new RecordCollector()
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size), collector)
  splitter.finish(collector)
  return collector
    .take()
    .map(({ line, bytes, fault }) => [
      line,
      fault?.reason ?? parseFields(Buffer.from(bytes).toString(), format),
    ])
}

const header = 'id,text\n'

describe('a record whose quotes are wrong', () => {
  it.each([
    [
      'is one line, where the next is sound',
      '1,"열린\n2,끝\n3,"둘\n줄"\n',
      [
        [2, 'unclosed-quote'],
        [3, ['2', '끝']],
        [4, ['3', '둘\n줄']],
      ],
    ],
    [
      'ends before a quoted record',
      '1,"a\n2,"b"\n3,c\n',
      [
        [2, 'unclosed-quote'],
        [3, ['2', 'b']],
        [4, ['3', 'c']],
      ],
    ],
    [
      'may be several after one another',
      '1,"a\n2,"b\n3,"c\n4,d\n',
      [
        [2, 'unclosed-quote'],
        [3, 'unclosed-quote'],
        [4, 'unclosed-quote'],
        [5, ['4', 'd']],
      ],
    ],
    [
      'takes lines with it that are no records',
      '1,"a "b" c\nd, e, f\ng\n2,h\n',
      [
        [2, 'malformed'],
        [5, ['2', 'h']],
      ],
    ],
    [
      'takes a line with it in which a quote stands inside a field',
      '1,"a" b\nc "d",e\n2,f\n',
      [
        [2, 'malformed'],
        [4, ['2', 'f']],
      ],
    ],
    [
      'may be the last',
      '1,a\n2,"b\n',
      [
        [2, ['1', 'a']],
        [3, 'unclosed-quote'],
      ],
    ],
    ['may be all there is', '1,"a', [[2, 'unclosed-quote']]],
    [
      'does not touch a sound one of several lines',
      '1,"a\r\n""b"",\r\nc"\r\n2,d',
      [
        [2, ['1', 'a\r\n"b",\r\nc']],
        [5, ['2', 'd']],
      ],
    ],
  ] as const)('%s', (_, text, expected) => {
    const whole = [[1, ['id', 'text']], ...expected]
    // Wherever the pieces begin.
    for (let size = 1; size < 24; size++) expect(records(header + text, size)).toEqual(whole)
    expect(records(header + text)).toEqual(whole)
  })

  it('is found before the limit, however much follows', () => {
    const rows = Array.from({ length: 400 }, (_, i) => `${i},줄 ${i}`)
    rows[7] = '7,"열린'
    const text = `${header}${rows.join('\n')}\n`
    const found = records(text, 1 << 16, 600)
    expect(found).toHaveLength(401)
    expect(found[8]).toEqual([9, 'unclosed-quote'])
    expect(found[9]).toEqual([10, ['8', '줄 8']])
    for (const size of [1, 7, 100, 599, 600, 601]) expect(records(text, size, 600)).toEqual(found)
  })

  it('costs no more than its length, however many there are', () => {
    const started = process.cpuUsage().user
    expect(records(header + '1,"a\n'.repeat(50_000))).toHaveLength(50_001)
    expect(records(header + '1,"a\n2,b\n'.repeat(20_000), 1 << 16, 10_000)).toHaveLength(40_001)
    expect(process.cpuUsage().user - started).toBeLessThan(10e6)
  })
})
