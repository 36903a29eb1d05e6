import { describe, expect, it } from 'vitest'
import type { RowOutcome } from '../step.ts'
import { isSmallTalk, smallTalk } from './small-talk.ts'
import { rowOf } from './testing/rows.ts'

async function apply(
  dialogue: string,
  options: object = { share: 1, turns: 2 },
  seed = 1,
): Promise<RowOutcome> {
  const step = await smallTalk.create(smallTalk.options.parse(options), { seed })
  const columns = { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }
  return step.apply(rowOf({ dialogue, summary: 's' }), columns)
}

describe('isSmallTalk', () => {
  it.each([
    'Hello!',
    'Thank you so much. Bye bye!',
    'Okay, see you then.',
    '네, 감사합니다.',
    '안녕하세요',
    'ㅋㅋㅋ 알았어',
    '그래~ 내일 봐!',
  ])('%s is', (words) => expect(isSmallTalk(words)).toBe(true))
  it.each([
    'Hello, I want a refund.',
    'Okay, at three then.',
    '네, 세 시에 갈게요.',
    '안녕히 주무신 분은 손을 드세요',
    '',
    '...',
    'Hell',
  ])('%s is not', (words) => expect(isSmallTalk(words)).toBe(false))
})

const dialogue =
  'A: Hi.\nB: Hello!\nA: Will you come?\nB: Yes.\nA: Great.\nB: Bring the cake\nand the wine.\nA: Okay, bye.'

describe('small-talk', () => {
  it('leaves out turns of small talk, but no answer', async () => {
    expect(await apply(dialogue)).toEqual({
      made: [{ dialogue: 'A: Will you come?\nB: Yes.\nB: Bring the cake\nand the wine.', summary: 's' }],
      recipe: { step: 'small-talk', seed: 1 },
      recipes: [{ dropped: 4 }],
    })
    const kept = await apply(dialogue, { share: 1, turns: 5, output: 'replace' })
    expect(kept).toMatchObject({ changes: { 'small-talk': 2 } })
  })

  it('keeps who says nothing else, and leaves what has no small talk', async () => {
    expect(await apply('A: I sold the car.\nB: Great.\nA: It was old.\nB: I see.')).toBeUndefined()
    expect(await apply('A: I sold it.\nB: For how much did you sell it?')).toBeUndefined()
    expect(await apply('Hi.\nHello!')).toBeUndefined()
  })

  it('draws by the seed', async () => {
    const options = { share: 0.5, turns: 2, copies: 20 }
    const outcome = await apply(dialogue, options)
    expect(await apply(dialogue, options)).toEqual(outcome)
    if (outcome === undefined || !('made' in outcome)) throw new Error('nothing was made')
    expect(outcome.made.length).toBeGreaterThan(3)
    expect(new Set(outcome.made.map((values) => values.dialogue)).size).toBe(outcome.made.length)
  })
})
