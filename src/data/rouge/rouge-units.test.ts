import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { detectLanguage, rougeTokenizer } from './rouge-units.ts'

describe('language', () => {
  it.each([
    ['ko', '#Person1#은 AI 회의를 Zoom에서 시작했다.'],
    ['ko', '학교에 간다'.normalize('NFD')],
    ['ko', 'ㅋㅋㅋ'],
    ['en', '#Person1# likes 김치 and rice very much.'],
    ['en', '123 😀'],
    ['en', ''],
  ])('%s: %s', (language, text) => {
    expect(detectLanguage([text])).toBe(language)
  })

  it('is that of all texts together', () => {
    expect(detectLanguage(['yes', '오늘은 회의가 없습니다'])).toBe('ko')
    expect(detectLanguage(['네', 'there is no meeting at all today'])).toBe('en')
  })
})

describe('English words', () => {
  it('are cut as rouge_score cuts them', async () => {
    const tokenize = await rougeTokenizer('en', 'word')
    expect(tokenize("#Person1# doesn't pay $3.50 — café, m², naïve_x")).toEqual([
      'person1',
      'doesn',
      't',
      'pay',
      '3',
      '50',
      'caf',
      'm',
      'na',
      've',
      'x',
    ])
  })

  it('keep letters of other scripts', async () => {
    const tokenize = await rougeTokenizer('en', 'word')
    expect(tokenize('AI가 김치 at 日本, привет!')).toEqual(['ai', '가', '김치', 'at', '日本', 'привет'])
  })
})

describe('Korean', () => {
  it('words are what stands between spaces and punctuation', async () => {
    const tokenize = await rougeTokenizer('ko', 'word')
    expect(tokenize('#Person1#은 AI가 3시에, ㅋㅋㅋ 👨‍👩‍👧 ❤️ 왔다(또).')).toEqual([
      'person1',
      '은',
      'ai가',
      '3시에',
      'ㅋㅋㅋ',
      '왔다',
      '또',
    ])
  })

  it('characters are syllables, letters and digits', async () => {
    const tokenize = await rougeTokenizer('ko', 'character')
    expect(tokenize('AI가 3시에 왔다. ㅠㅠ 😀')).toEqual([...'ai가3시에왔다ㅠㅠ'])
  })

  it('morphemes part particles and endings, and leave English words whole', async () => {
    const tokenize = await rougeTokenizer('ko', 'morpheme')
    expect(tokenize('학교에 간다.')).toEqual(['학교', '에', '가', 'ㄴ다'])
    expect(tokenize('#Person1#은 AI 회의를 시작했다.')).toEqual([
      'person1',
      '은',
      'ai',
      '회의',
      '를',
      '시작',
      '하',
      '았',
      '다',
    ])
  })

  it('morphemes of a sentence are the same wherever it stands', async () => {
    const tokenize = await rougeTokenizer('ko', 'morpheme')
    const sentences = ['의사는 검사를 권했다.', '나는 학교에 갔어요!', '정말 그래?']
    expect(tokenize(sentences.join(' '))).toEqual(sentences.flatMap(tokenize))
  })

  it.each(['word', 'morpheme', 'character'] as const)(
    'by %s is the same in every normal form',
    async (unit) => {
      const tokenize = await rougeTokenizer('ko', unit)
      const text = '예뻤다 #Person2#를 도와주셔서 감사합니다 café'
      expect(tokenize(text.normalize('NFD'))).toEqual(tokenize(text))
      expect(tokenize(text.split('').join('\u200b').normalize('NFC'))).toEqual(tokenize(text))
    },
  )

  it('morphemes of a long line without spaces take a time in proportion', async () => {
    const tokenize = await rougeTokenizer('ko', 'morpheme')
    expect(tokenize('가나다'.repeat(5000)).join('').length).toBeGreaterThanOrEqual(15_000)
    expect(tokenize('👍🏽가'.repeat(300)).every((token) => token === '가')).toBe(true)
  })
})

const reviews = resolve(import.meta.dirname, '../../../../shared/data/korean/nsmc-reviews-200k.tsv.gz')
describe.skipIf(!existsSync(reviews))('noisy Korean reviews (needs ../shared/data)', () => {
  it.each(['word', 'morpheme', 'character'] as const)('all have tokens by %s', async (unit) => {
    const tokenize = await rougeTokenizer('ko', unit)
    const lines = gunzipSync(readFileSync(reviews)).toString('utf8').split('\n')
    const texts = lines
      .filter((_, index) => index > 0 && index % 400 === 0)
      .map((line) => line.split('\t')[4] ?? '')
    const hangul = texts.filter((text) => /\p{Script=Hangul}/u.test(text))
    expect(hangul.length).toBeGreaterThan(400)
    expect(hangul.filter((text) => tokenize(text).length === 0)).toEqual([])
  })
})
