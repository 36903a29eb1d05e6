import { beforeAll, describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { createTextCleaner, type WordSpacer } from './clean-text.ts'
import { cleanOptionsSchema } from './options.ts'
import { troublesomeText } from './testing-texts.ts'
import { createWordSpacer } from './word-spacing.ts'

let space: WordSpacer
beforeAll(async () => {
  space = await createWordSpacer()
})

const stretches = [
  '영화를보고나서정말많이울었어요',
  '아이들이너무재밌게보았어요',
  '더잘만들수있었을것같은데왠지아쉽다',
  '쓰레기진심무술감독도누군지내려찍기만하네',
  '가나다라마바사아자차카타파하',
]

describe('createWordSpacer', () => {
  it('puts spaces between words and changes nothing else', () => {
    const changes: Changes = {}
    expect(space(stretches[0]!, changes)).toBe('영화를 보고 나서 정말 많이 울었어요')
    expect(changes).toEqual({ 'korean-spacing': 5 })
    // Behind a contracted ending, and where a syllable of the next word stands in it too.
    expect(space('탈퇴한다고주절거린그녀는탈퇴후왜복귀', {})).toBe(
      '탈퇴한다고 주절거린 그녀는 탈퇴후 왜 복귀',
    )
    expect(space('미국우월주의라는것이', {})).toBe('미국우월주의라는 것이')
    for (const stretch of stretches) expect(space(stretch, {}).replaceAll(' ', '')).toBe(stretch)
  })

  it('leaves short stretches and other text', () => {
    for (const text of [
      '영화를보고울었다',
      'a long English text without Korean',
      'ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ',
      '영화를 보고 나서 정말 많이 울었어요',
    ]) {
      const changes: Changes = {}
      expect(space(text, changes)).toBe(text)
      expect(changes).toEqual({})
    }
  })

  it('makes a cleaner that is stable', () => {
    const clean = createTextCleaner(cleanOptionsSchema.parse({ koreanSpacing: 'morphemes' }), space)
    const texts = [
      ...stretches,
      ...Array.from({ length: 300 }, (_, number) => troublesomeText(number) + stretches[number % 5]!),
    ]
    for (const text of texts) {
      const once = clean(text)
      expect([text, clean(once)]).toEqual([text, once])
    }
  })
})
