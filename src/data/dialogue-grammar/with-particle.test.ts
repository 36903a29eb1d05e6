import { describe, expect, it } from 'vitest'
import { withParticle } from './with-particle.ts'

describe('withParticle', () => {
  it.each([
    ['민준', '은/는', '민준은'],
    ['서아', '은/는', '서아는'],
    ['책', '이/가', '책이'],
    ['의자', '이/가', '의자가'],
    ['우산', '을/를', '우산을'],
    ['모자', '을/를', '모자를'],
    ['형', '과/와', '형과'],
    ['누나', '과/와', '누나와'],
    ['지훈', '아/야', '지훈아'],
    ['지수', '아/야', '지수야'],
    ['한빛', '이라고/라고', '한빛이라고'],
    ['누리', '이라고/라고', '누리라고'],
    ['목요일', '이에요/예요', '목요일이에요'],
    ['내일모레', '이에요/예요', '내일모레예요'],
    ['부산', '으로/로', '부산으로'],
    ['서울', '으로/로', '서울로'],
    ['제주', '으로/로', '제주로'],
    ['길', '으로써/로써', '길로써'],
    ['서울', '은/는', '서울은'],
    ['도서관', '에서', '도서관에서'],
  ])('%s with %s is %s', (word, particle, expected) => {
    expect(withParticle(word, particle)).toBe(expected)
  })

  it.each([
    ['#Person1#', '은/는', '#Person1#은'],
    ['#Person2#', '은/는', '#Person2#는'],
    ['#Person3#', '과/와', '#Person3#과'],
    ['#Person4#', '이/가', '#Person4#가'],
    ['#Person7#', '으로/로', '#Person7#로'],
    ['1,000', '을/를', '1,000을'],
    ['A7-3056', '을/를', 'A7-3056을'],
    ['50%', '을/를', '50%를'],
    ['3kg', '을/를', '3kg을'],
    ['5km', '을/를', '5km를'],
  ])('reads the number in %s with %s as in %s', (word, particle, expected) => {
    expect(withParticle(word, particle)).toBe(expected)
  })

  it.each([
    ['Apple', '이/가', 'Apple이'],
    ['Google', '으로/로', 'Google로'],
    ['phone', '을/를', 'phone을'],
    ['computer', '을/를', 'computer를'],
    ['chatbot', '은/는', 'chatbot은'],
    ['web', '으로/로', 'web으로'],
    ['music', '을/를', 'music을'],
    ['YouTube', '을/를', 'YouTube를'],
    ['TV', '을/를', 'TV를'],
    ['SQL', '으로/로', 'SQL로'],
    ['DM', '을/를', 'DM을'],
    ['test', '을/를', 'test를'],
  ])('reads the Latin word %s with %s as in %s', (word, particle, expected) => {
    expect(withParticle(word, particle)).toBe(expected)
  })

  it('looks past quotes, brackets and emoji, and takes any normal form', () => {
    expect(withParticle('‘겨울 정원’', '을/를')).toBe('‘겨울 정원’을')
    expect(withParticle('서울(수도)', '이/가')).toBe('서울(수도)이')
    expect(withParticle('강아지🐶', '이/가')).toBe('강아지🐶가')
    expect(withParticle('민준'.normalize('NFD'), '은/는').normalize('NFC')).toBe('민준은')
    expect(withParticle('ㄹ', '으로/로')).toBe('ㄹ로')
    expect(withParticle('', '은/는')).toBe('는')
  })
})
