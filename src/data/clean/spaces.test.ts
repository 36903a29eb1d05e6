import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { collapseSpaces, limitBlankLines, trimLines, unifySpaces } from './spaces.ts'

describe('spaces', () => {
  it('makes every space of Unicode plain', () => {
    const changes: Changes = {}
    expect(unifySpaces('a\u00a0b\u2003c\u202fd\u3000e\u3164f\t\n', changes)).toBe('a b c d e f\t\n')
    expect(changes).toEqual({ space: 5 })
  })

  it('collapses runs but not where columns may stand on purpose', () => {
    expect(collapseSpaces('a  b   c\nd  e')).toBe('a b c\nd e')
    for (const text of ['  x  = 1', '| a   | b |', '>>> x  # y', '```\na  b\n```', '가 나\n    다']) {
      expect(collapseSpaces(text)).toBe(text)
    }
    expect(collapseSpaces('```\na  b\n```\nc  d')).toBe('```\na  b\n```\nc d')
  })

  it('trims lines and the text, and keeps the indentation of a piece of a program', () => {
    expect(trimLines('\n  가 \n  나\t\n\n')).toBe('  가\n  나')
    expect(trimLines(' 가\n  나 ')).toBe('가\n  나')
    expect(trimLines('    return x')).toBe('return x')
    expect(trimLines(' \n \n')).toBe('')
  })

  it('limits blank lines', () => {
    expect(limitBlankLines('a\n\n\n\n\nb\n\nc', 2)).toBe('a\n\n\nb\n\nc')
    expect(limitBlankLines('a\n\nb', 0)).toBe('a\nb')
  })
})
