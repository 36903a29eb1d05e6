import { describe, expect, it } from 'vitest'
import { StopFilter } from './stop-filter.ts'

/** What comes out for a text cut into pieces of a size, each piece by itself. */
function pieces(text: string, size: number, stops: readonly string[]): string[] {
  const filter = new StopFilter(stops)
  const characters = [...text]
  const given: string[] = []
  for (let start = 0; start < characters.length; start += size)
    given.push(filter.push(characters.slice(start, start + size).join('')))
  if (!filter.stopped) given.push(filter.flush())
  return given
}

describe('StopFilter', () => {
  it.each([
    ['가나다라', ['다'], '가나'],
    ['ab\n\ncd', ['\n\n'], 'ab'],
    ['aaab', ['aab'], 'a'],
    ['xabcd', ['abc'], 'x'],
    ['no stop here', ['\n', 'stopped'], 'no stop here'],
    ['😀😁😂', ['😁'], '😀'],
    // Complete first counts, whatever else might have become complete later.
    ['abcd', ['abcd', 'bc'], 'a'],
    ['abc', ['bc', 'abc'], ''],
    ['끝', [], '끝'],
  ])('cuts %j before %j in pieces of every size', (text, stops, expected) => {
    for (let size = 1; size <= text.length; size++) expect(pieces(text, size, stops).join('')).toBe(expected)
  })

  it('never gives out what may begin a stop sequence, and gives it out when it does not', () => {
    expect(pieces('a<en>b<end>c', 1, ['<end>'])).toEqual([
      'a',
      '',
      '',
      '',
      '<en>',
      'b',
      '',
      '',
      '',
      '',
      '',
      '',
    ])
  })

  it('gives the rest that began a stop sequence at the end of the text', () => {
    expect(pieces('abc', 3, ['cd'])).toEqual(['ab', 'c'])
  })

  it('finds a decomposed sequence in composed text', () => {
    expect(pieces('요약: 끝', 1, ['끝'.normalize('NFD')]).join('')).toBe('요약: ')
  })
})
