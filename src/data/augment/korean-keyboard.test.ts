import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { composeHangul, hangulKeys, keysOfHangul, neighbourKeys } from './korean-keyboard.ts'

function type(keys: string): string {
  return composeHangul([...keys].map((key) => ({ key, fresh: false })))
}

describe('composeHangul', () => {
  it.each([
    ['dkssud', '안녕'],
    ['dksud', '아녕'],
    ['rkrtk', '각사'],
    ['ekfrek', '닭다'],
    ['ekfrdl', '닭이'],
    ['ekfrl', '달기'],
    ['rhk', '과'],
    ['dhoTdj', '왰어'],
    ['QkQk', '빠빠'],
    ['gkqckr', '합착'],
    ['rt', 'ㄳ'],
    ['rtk', 'ㄱ사'],
    ['zzz', 'ㅋㅋㅋ'],
    ['gkzz', '핰ㅋ'],
    ['k', 'ㅏ'],
    ['rkE', '가ㄸ'],
    ['tkEk', '사따'],
  ])('%s types %s', (keys, text) => expect(type(keys)).toBe(text))

  it('gives back every syllable and every run of syllables and jamo', () => {
    for (let code = 0xac00; code <= 0xd7a3; code++) {
      const syllable = String.fromCharCode(code)
      expect(type(keysOfHangul(syllable)!)).toBe(syllable)
    }
    const random = randomStream(1, 0)
    for (let round = 0; round < 3000; round++) {
      let run = ''
      for (let length = 1 + random.below(6); length > 0; length--) {
        const code = random.chance(0.7) ? 0xac00 + random.below(11172) : 0x3131 + random.below(51)
        run += String.fromCharCode(code)
      }
      expect(composeHangul(hangulKeys(run))).toBe(run)
    }
  })
})

describe('neighbourKeys', () => {
  it('touches what touches on a keyboard, both ways, and keeps the case', () => {
    expect([...neighbourKeys('s')].sort().join('')).toBe('adewxz')
    expect([...neighbourKeys('p')].sort().join('')).toBe('lo')
    expect(neighbourKeys('S')).toBe(neighbourKeys('s').toUpperCase())
    expect(neighbourKeys('é')).toBe('')
    for (const key of 'qwertyuiopasdfghjklzxcvbnm') {
      for (const near of neighbourKeys(key)) expect(neighbourKeys(near)).toContain(key)
    }
  })
})
