import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { composeLooseJamo, repairHalfTyped } from './half-typed.ts'
import { repairSpacingFaults } from './korean-spacing.ts'
import {
  limitEmoji,
  limitEmoticons,
  limitJamo,
  limitMarks,
  limitMouths,
  removeLoneJamo,
} from './repeated-marks.ts'

function changed(rule: (text: string, changes: Changes) => string, text: string): [string, Changes] {
  const changes: Changes = {}
  return [rule(text, changes), changes]
}

describe('repairHalfTyped', () => {
  it.each([
    ['재밌어욬ㅋㅋ', '재밌어요ㅋㅋㅋ'],
    ['안녕하세욯ㅎ', '안녕하세요ㅎㅎ'],
    ['보고싶넼ㅋ', '보고싶네ㅋㅋ'],
    ['잘했엌ㅋ', '잘했어ㅋㅋ'],
    ['ㅋㅋㅋ큐ㅠㅠ', 'ㅋㅋㅋㅋㅠㅠㅠ'],
    ['갑ㅈㅏ기', '갑자기'],
    ['좋ㄴㅔ요', '좋네요'],
    ['ㅍㅐ러디', '패러디'],
    ['이ㅇㅑ기', '이야기'],
    ['무ㅓ지', '뭐지'],
    ['만호ㅏ영화', '만화영화'],
    ['영화이ㅂ니다', '영화입니다'],
    ['재밌어ㅆ다', '재밌어ㅆ다'.replace('어ㅆ', '었')],
    ['덕ㅁㅏㄴ공주', '덕만공주'],
  ])('%s → %s', (text, expected) => {
    expect(changed(repairHalfTyped, text)).toEqual([expected, { 'half-typed-syllable': expect.any(Number) }])
  })

  it.each([
    '부엌ㅋㅋ',
    '동녘ㅋㅋ',
    '좋ㅎㅎ',
    '봤음ㅋㅋ',
    '네ㅋㅠ',
    '없네ㅇㅡㅇ;;',
    'ㅠㅅㅠ ㅇㅗㅇ ㅇㅅㅇ ㅎㅏ',
    'ㅇㅇ ㄴㄴ ㄱㅅ ㅁㅊ ㅉㅉ',
    '와아ㅏㅏㅏ',
    '존나ㅆ레기',
  ])('leaves %s', (text) => {
    expect(changed(repairHalfTyped, text)).toEqual([text, {}])
  })
})

describe('composeLooseJamo', () => {
  it.each([
    ['ㅇㅏㄴㄴㅕㅇ', '안녕'],
    ['ㅅㅏㄹㅏㅇㅎㅐ', '사랑해'],
    ['ㄱㅗㅏㅇㄱㅗ', '광고'],
    ['ㅇㅓㅂㅅㄷㅏ', '없다'],
    ['ㄲㅗㅊㅣ', '꼬치'],
  ])('%s → %s', (text, expected) => {
    expect(changed(composeLooseJamo, text)).toEqual([expected, { 'loose-jamo': 1 }])
  })

  it.each([
    'ㅋㅋㅋㅠㅠ',
    'ㅋㅠㅋㅠ',
    'ㅇㅗㅇ',
    'ㅠㅅㅠ',
    'ㅈㅐㅁㅣㄸ',
    'ㅏㅏㅏㅏ',
    'ㄱㄴㄷㄹㅁ',
    'ㅎㅎㅎㅏㅏ',
  ])('leaves %s', (text) => {
    expect(changed(composeLooseJamo, text)).toEqual([text, {}])
  })

  it('puts any word together from its jamo', () => {
    // Every final but two, which no word below has before a vowel.
    for (const word of ['한국말', '닭갈비', '없애다', '괜찮아', '훑어보다', '뛰쳐나가', '원숭이', '의자']) {
      const jamo = Array.from(word.normalize('NFD'), (letter) => keyboard(letter)).join('')
      expect(composeLooseJamo(jamo)).toBe(word)
    }
  })
})

function keyboard(letter: string): string {
  const code = letter.charCodeAt(0)
  if (code < 0x1113) return 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'[code - 0x1100]!
  if (code < 0x1176) return 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'[code - 0x1161]!
  return 'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'[code - 0x11a8]!
}

describe('repairSpacingFaults', () => {
  it.each([
    ['영화 에서 본 것 처럼', '영화에서 본 것처럼'],
    ['제목 으로 시작', '제목으로 시작'],
    ['영화 를 봤다', '영화를 봤다'],
    ['드라마 입니다.', '드라마입니다.'],
    ['좋다 . 정말 !', '좋다. 정말!'],
    ['오늘 까지, 내일 부터', '오늘까지, 내일부터'],
  ])('%s → %s', (text, expected) => {
    const [result, changes] = changed(repairSpacingFaults, text)
    expect(result).toBe(expected)
    expect(changes['korean-spacing']).toBe(text.length - expected.length)
  })

  it.each([
    '나는 이 영화가 좋다',
    '수 가 도 만 의',
    '옷을 입니다',
    '악플 까지 마라',
    '좋다 ...',
    '그런데 . . . 음',
    'word . next',
    '확장자 .py 파일',
    '마음을 를 뺏기는',
    '사랑 를',
    '영화 으로',
    '에서 시작',
    '부터요 처럼요',
  ])('leaves %s', (text) => {
    expect(changed(repairSpacingFaults, text)).toEqual([text, {}])
  })
})

describe('repetitions', () => {
  it('cuts runs of jamo, marks and mouths to the limit', () => {
    expect(changed((text, changes) => limitJamo(text, 3, changes), 'ㅋㅋㅋㅋㅋ ㅠㅠ ㅜㅜㅜㅜ')).toEqual([
      'ㅋㅋㅋ ㅠㅠ ㅜㅜㅜ',
      { 'jamo-run': 2 },
    ])
    expect(
      changed((text, changes) => limitMarks(text, 3, changes), '와!!!!!! 음...... 네~~~~ ㆍㆍㆍㆍ ♥♥♥♥'),
    ).toEqual(['와!!! 음... 네~~~ ㆍㆍㆍ ♥♥♥', { 'repeated-punctuation': 5 }])
    expect(limitMouths(':))))))) f(g(h(i(1))))', 2)).toBe(':)) f(g(h(i(1))))')
    expect(limitJamo('ㅋㅋㅋ', 1)).toBe('ㅋ')
  })

  it('cuts repeated emoticons and emoji', () => {
    expect(limitEmoticons('^^;^^;^^;^^;^^;', 3)).toBe('^^;^^;^^;')
    expect(limitEmoticons('좋아 ㅠㅠ ㅠㅠ ㅠㅠ ㅠㅠ ㅠㅠ 진짜', 3)).toBe('좋아 ㅠㅠ ㅠㅠ ㅠㅠ 진짜')
    expect(limitEmoticons('뭐?!?!?!?!?!', 2)).toBe('뭐?!?!')
    expect(changed((text, changes) => limitEmoji(text, 2, changes), '😂😂😂😂 👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧 🇰🇷🇰🇷🇰🇷 ❤️❤️❤️')).toEqual(
      ['😂😂 👨‍👩‍👧👨‍👩‍👧 🇰🇷🇰🇷 ❤️❤️', { 'repeated-emoticon': 4 }],
    )
  })

  it.each([
    '★★★★★ ⭐⭐⭐⭐⭐',
    '----- ===== ##### _____ *****',
    '(((1)))) ]]]]',
    '10000000 aaaaaa 하하하하하',
    ', , , , ,',
    "''''''",
    '제목\n~~~~~~\n',
    'x = 1 + \n    ^^^^^^',
    '/foo/....jpg',
    '🇰🇷🇺🇸🇰🇷🇺🇸',
  ])('leaves %j', (text) => {
    expect(limitEmoji(limitEmoticons(limitMouths(limitMarks(text, 3), 3), 3), 3)).toBe(text)
  })

  it('takes out jamo that stand alone where told', () => {
    expect(changed(removeLoneJamo, '좋다ㄴ 역시ㅡ ㅇㅇ ㅋ ㅠ ㄹㅇ')).toEqual([
      '좋다 역시 ㅇㅇ ㅋ ㅠ ㄹㅇ',
      { 'lone-jamo': 2 },
    ])
  })
})
