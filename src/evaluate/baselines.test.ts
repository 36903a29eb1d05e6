import { expect, it } from 'vitest'
import { leadBaseline, longestBaseline } from './baselines.ts'

const dialogue = '민수: 안녕\r\n\n지은: 어제 왜 회의에 안 왔어?\n민수: 아팠어\n지은: 저런\n'

it('LEAD takes the first turns', () => {
  expect(leadBaseline(dialogue)).toBe('민수: 안녕\n지은: 어제 왜 회의에 안 왔어?\n민수: 아팠어')
  expect(leadBaseline(dialogue, 1)).toBe('민수: 안녕')
  expect(leadBaseline('하나', 3)).toBe('하나')
  expect(leadBaseline('')).toBe('')
})

it('LONGEST takes the longest turn, the first of equals', () => {
  expect(longestBaseline(dialogue)).toBe('지은: 어제 왜 회의에 안 왔어?')
  expect(longestBaseline('가나\n다라\n마')).toBe('가나')
  expect(longestBaseline('')).toBe('')
})

it('LONGEST counts characters, not their parts', () => {
  expect(longestBaseline(`${'강'.normalize('NFD')}\nab`)).toBe('ab')
})
