import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { unifyWidth } from './character-width.ts'
import { removeControlCharacters } from './control-characters.ts'
import { removeInvisible } from './invisible-characters.ts'
import { unifyLineEnds } from './line-ends.ts'
import { latinizeLookAlikes } from './look-alikes.ts'
import { composeCharacters, separateLoneJamo } from './normal-form.ts'

function changed(rule: (text: string, changes: Changes) => string, text: string): [string, Changes] {
  const changes: Changes = {}
  return [rule(text, changes), changes]
}

describe('unifyLineEnds', () => {
  it('knows every line end of Unicode', () => {
    expect(changed(unifyLineEnds, 'a\r\nb\rc\u2028d\u2029e\u0085f\u000bg\u000ch\ni')).toEqual([
      'a\nb\nc\nd\ne\nf\ng\nh\ni',
      { 'line-end': 7 },
    ])
  })
})

describe('removeControlCharacters', () => {
  it('keeps tabs and line ends', () => {
    expect(changed(removeControlCharacters, '\u0000a\tb\nc\r\u0007\u007f\u009c\ufeff')).toEqual([
      'a\tb\nc\r',
      { 'control-character': 5 },
    ])
  })
})

describe('normal form', () => {
  it('composes what was typed in parts', () => {
    const text = '한국어 café'
    expect(changed(composeCharacters, text.normalize('NFD'))[0]).toBe(text)
    expect(changed(composeCharacters, text)).toEqual([text, {}])
  })

  it('writes lone conjoining jamo as keyboards do, and leaves old Korean', () => {
    expect(changed(separateLoneJamo, 'ᄏᄏᄏ ᅲᅲ \u11ab')).toEqual(['ㅋㅋㅋ ㅠㅠ ㄴ', { 'normal-form': 3 }])
    expect(separateLoneJamo('\u1104\u1160\u11ab')).toBe('ㄸㄴ')
    expect(separateLoneJamo('없네\u119e')).toBe('없네ㆍ')
    const old = '\u1112\u119e\u11ab글'
    expect(changed(separateLoneJamo, old)).toEqual([old, {}])
  })

  it('gives every modern jamo its own letter', () => {
    const conjoining = [
      ...Array.from({ length: 19 }, (_, index) => 0x1100 + index),
      ...Array.from({ length: 21 }, (_, index) => 0x1161 + index),
      ...Array.from({ length: 27 }, (_, index) => 0x11a8 + index),
    ]
    const decomposed: [string, string][] = []
    for (const code of conjoining) {
      const jamo = String.fromCharCode(code)
      const letter = separateLoneJamo(jamo)
      expect(letter).toMatch(/^[ㄱ-ㅣ]$/)
      // A keyboard letter decomposes to the initial or vowel of its syllable.
      if (code < 0x11a8) decomposed.push([letter.normalize('NFKC'), jamo])
    }
    for (const [letter, jamo] of decomposed) expect(letter).toBe(jamo)
  })
})

describe('unifyWidth', () => {
  it('makes letters, digits, jamo and katakana ordinary', () => {
    expect(unifyWidth('ＡＢＣ１２３')).toBe('ABC123')
    expect(unifyWidth('ﾡﾤﾷￂￇￜ')).toBe('ㄱㄴㅇㅏㅔㅣ')
    expect(unifyWidth('ﾊﾝｸﾞﾙ')).toBe('ハングル')
    for (let code = 0xffa1; code <= 0xffdc; code++) {
      const half = String.fromCharCode(code)
      if (half.normalize('NFKC') === half) continue
      expect(unifyWidth(half).normalize('NFKC')).toBe(half.normalize('NFKC'))
    }
  })

  it('leaves the punctuation of Chinese and Japanese', () => {
    expect(changed(unifyWidth, '강력추천！')).toEqual(['강력추천!', { width: 1 }])
    expect(changed(unifyWidth, '本当ですか？はい！')).toEqual(['本当ですか？はい！', {}])
  })
})

describe('removeInvisible', () => {
  it.each([
    ['안\u200b녕', '안녕'],
    ['co\u00adoperate', 'cooperate'],
    ['\u2060a\ufeffb\u200dc\u200cd', 'abcd'],
    ['\u202eabc\u202c', 'abc'],
    ['가\ufe0f나', '가나'],
    ['a\u{e0041}b', 'ab'],
  ])('%j', (text, expected) => {
    const [result, changes] = changed(removeInvisible, text)
    expect(result).toBe(expected)
    expect(changes).toEqual({
      'zero-width': text.length - expected.length > 0 ? [...text].length - [...expected].length : 0,
    })
  })

  it.each([
    ['a family', '👨‍👩‍👧'],
    ['a sign as a picture, and a keycap', '❤️ ☺︎ 1️⃣'],
    ['a joiner behind a selector', '❤️‍🔥'],
    ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
    ['Persian', 'می‌خواهم'],
    ['Hindi', 'क्‍ष'],
    ['Thai', 'สวัสดี\u200bครับ'],
    ['Hebrew with marks', 'שלום\u200f!'],
    ['a variant of a character', '葛\u{e0100}城'],
    ['old Korean', '\u1112\u1160\u11ab'],
  ])('keeps what means something: %s', (_, text) => {
    expect(changed(removeInvisible, text)).toEqual([text, {}])
  })
})

describe('latinizeLookAlikes', () => {
  it('replaces single foreign letters of a Latin word', () => {
    expect(changed(latinizeLookAlikes, 'pаypаl аpple GΟΟGLE')).toEqual([
      'paypal apple GOOGLE',
      { 'look-alike': 5 },
    ])
  })

  it.each([
    'Москва',
    'совет',
    'IТ',
    'СССРab',
    'Ελλάδα',
    'ρgh',
    'νmax',
    'kHzαβ',
    'GSMовский',
    'μm Δx',
    'аbв',
    '이а영화',
  ])('leaves %s', (text) => {
    expect(changed(latinizeLookAlikes, text)).toEqual([text, {}])
  })
})
