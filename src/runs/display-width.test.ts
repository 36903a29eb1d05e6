import { describe, expect, it } from 'vitest'
import { cutToWidth, displayWidth } from './display-width.ts'

describe('displayWidth', () => {
  it.each([
    ['plain', 5],
    ['육수', 4],
    ['육수'.normalize('NFD'), 4],
    ['ㅋㅋㅠ', 6],
    ['é', 1],
    ['é'.normalize('NFD'), 1],
    ['😀👨‍👩‍👧‍👦🇰🇷', 6],
    ['🍲1', 3],
    ['漢字かな', 8],
    ['한 a', 4],
    ['⋯…·█', 4],
    ['a\u200Bb', 2],
    ['', 0],
  ])('%s takes %i columns', (text, width) => expect(displayWidth(text)).toBe(width))
})

describe('cutToWidth', () => {
  it('never exceeds the width and never splits a character', () => {
    const text = `요약 ${'육수'.normalize('NFD')} 👨‍👩‍👧‍👦 done`
    const characters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
    for (let columns = 0; columns < displayWidth(text); columns++) {
      const cut = cutToWidth(text, columns)
      expect(displayWidth(cut)).toBeLessThanOrEqual(columns)
      expect(displayWidth(cut)).toBeGreaterThanOrEqual(columns - 1)
      const kept = [...new Intl.Segmenter().segment(cut.replace(/…$/, ''))].map(({ segment }) => segment)
      expect(kept).toEqual(characters.slice(0, kept.length))
    }
    expect(cutToWidth(text, displayWidth(text))).toBe(text)
  })
})
