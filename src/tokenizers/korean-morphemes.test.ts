import { expect, it } from 'vitest'
import { loadMorphemes, loadNouns, loadTaggedMorphemes } from './korean-morphemes.ts'

it('gives morphemes in order, and nouns alone', async () => {
  const [morphemes, nouns] = await Promise.all([loadMorphemes(), loadNouns()])
  expect(morphemes('학교에 간다.')).toEqual(['학교', '에', '가', 'ㄴ다', '.'])
  expect(nouns('영화가 정말 좋았다. 배우들의 연기도 최고')).toEqual(['영화', '배우', '연기', '최고'])
})

it('takes neither laughter nor words of other scripts for nouns', async () => {
  const nouns = await loadNouns()
  expect(nouns('ㅋㅋㅋ AI 기술 ㅠㅠ')).toEqual(['기술'])
  expect(nouns('')).toEqual([])
})

it('gives parts of speech', async () => {
  const tagged = await loadTaggedMorphemes()
  expect(tagged('학교에 간다').map(({ form, tag }) => `${form}/${tag}`)).toEqual([
    '학교/NNG',
    '에/JKB',
    '가/VV',
    'ㄴ다/EF',
  ])
})
