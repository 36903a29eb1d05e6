import { describe, expect, it } from 'vitest'
import { emptyNormalizationCounts, normalizeText } from './normalize-text.ts'

describe('normalizeText', () => {
  it('gives one form and counts what it changed', () => {
    const counts = emptyNormalizationCounts()
    expect(normalizeText('가나'.normalize('NFD'), counts)).toBe('가나')
    expect(normalizeText('a\r\nb\rc', counts)).toBe('a\nb\nc')
    expect(normalizeText('\ufeffa\u0000b\u0007', counts)).toBe('ab')
    expect(normalizeText(' 안녕 \n  들여쓰기\t\n', counts)).toBe('안녕\n  들여쓰기')
    expect(normalizeText('그대로 ㅋㅋ 👨‍👩‍👧', counts)).toBe('그대로 ㅋㅋ 👨‍👩‍👧')
    expect(counts).toEqual({ texts: 5, normalForm: 1, lineEnds: 1, controlCharacters: 1, spaces: 1 })
  })

  it('changes nothing the second time', () => {
    for (const text of [' \r\n a \r', '\u0000 x', '\ufeff ', '각 \n\n b', ' \u0007 ']) {
      const once = normalizeText(text)
      const counts = emptyNormalizationCounts()
      expect(normalizeText(once, counts)).toBe(once)
      expect(counts).toEqual({ ...emptyNormalizationCounts(), texts: 1 })
    }
  })
})
