import { describe, expect, it } from 'vitest'
import type { RowOutcome, TextColumns } from '../step.ts'
import { summaryLanguageStep } from './summary-language.ts'

const columns: TextColumns = { texts: ['text', 'summary'], document: ['text'], summary: 'summary' }

async function judge(
  values: Record<string, unknown>,
  options: object = {},
  of: TextColumns = columns,
): Promise<RowOutcome> {
  const step = await summaryLanguageStep.create(summaryLanguageStep.options.parse(options), { seed: 1 })
  return step.apply({ place: { file: 'a', number: 1, line: 1 }, values }, of)
}

const korean = '#Person1#: 안녕하세요, 오늘 회의는 몇 시인가요?\n#Person2#: 세 시에 시작해요.'
const english = '#Person1#: Hello, when does the meeting start?\n#Person2#: At three.'

describe('summary-language', () => {
  it('drops a summary in another script', async () => {
    expect(
      await judge({ text: korean, summary: '#Person2# tells #Person1# when the meeting starts.' }),
    ).toEqual({
      drop: 'summary-language',
      evidence: { expected: 'hangul', found: 'latin', share: 0 },
    })
    expect(await judge({ text: english, summary: '#Person2#가 회의 시간을 알려 준다.' })).toMatchObject({
      evidence: { expected: 'latin', found: 'hangul' },
    })
    expect(
      await judge({ text: '今日はいい天気ですね。散歩に行きましょう', summary: '今天天气很好我们去散步吧' }),
    ).toMatchObject({
      evidence: { expected: 'kana', found: 'han' },
    })
  })

  it('keeps names and terms of another script, mask tokens, links and code', async () => {
    for (const summary of [
      '#Person1#이 #Person2#에게 회의 시간을 묻는다.',
      'iPhone 15 Pro Max와 MacBook Air 출시',
      'https://example.com/very/long/path 참고',
      '`asyncio.run(main())` 사용법',
      'OK',
      '',
    ]) {
      expect([summary, await judge({ text: korean, summary })]).toEqual([summary, undefined])
    }
  })

  it('does not judge what it cannot tell', async () => {
    expect(await judge({ text: '12345', summary: 'A long summary in English' })).toBeUndefined()
    expect(
      await judge({
        text: 'this half is written in English, 반은 한국어 글입니다',
        summary: 'A summary in English',
      }),
    ).toBeUndefined()
    expect(await judge({ text: korean, summary: null })).toBeUndefined()
  })

  it('lets translations be unless asked', async () => {
    const pair: TextColumns = { texts: ['en', 'ko'], document: ['en', 'ko'] }
    const values = { en: 'The function returns a list.', ko: '함수는 리스트를 돌려줍니다.' }
    expect(await judge(values, {}, pair)).toBeUndefined()
    expect(await judge(values, { translations: true }, pair)).toMatchObject({
      drop: 'column-language',
      evidence: { column: 'ko' },
    })
  })

  it('tells languages of one script apart where it is sure', async () => {
    const summary = '#Person1# demande à #Person2# quand la réunion commence et où elle aura lieu demain.'
    const row = { text: `${english}\n#Person1#: Thank you, I will be there with the others.`, summary }
    expect(await judge(row)).toMatchObject({
      drop: 'summary-language',
      evidence: { expected: 'en', found: 'fr' },
    })
    expect(await judge(row, { languages: false })).toBeUndefined()
    expect(await judge({ ...row, summary: 'Jean Dupont, Hélène Lefèvre' })).toBeUndefined()
  })
})
