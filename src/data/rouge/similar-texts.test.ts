import { describe, expect, it } from 'vitest'
import { rougeScorer } from '../../evaluate/metrics/rouge-scorer.ts'
import { randomStream } from '../../random.ts'
import { rougeTokenizer } from './rouge-units.ts'
import { SimilarTexts, textSimilarity } from './similar-texts.ts'

describe('SimilarTexts', () => {
  it('finds what the ROUGE-L of an evaluation finds', async () => {
    const tokenize = await rougeTokenizer('en', 'word')
    const scorer = rougeScorer(tokenize, false)
    const random = randomStream(2, 0)
    const text = () =>
      Array.from({ length: 1 + random.below(12) }, () => random.pick([...'abcdefg'])).join(' ')
    for (let round = 0; round < 100; round++) {
      const all = Array.from({ length: 20 }, text)
      const asked = text()
      const texts = new SimilarTexts(tokenize)
      for (const one of all) texts.add(one)
      const scores = all.map((one) => scorer.compare(scorer.read(one), scorer.read(asked)).rougeL.f1)
      const best = Math.max(...scores)
      expect(texts.closest(asked)).toEqual(
        best === 0 ? undefined : { text: all[scores.indexOf(best)], similarity: best },
      )
    }
  })

  it('is 1 of itself and 0 of what shares nothing, in Korean by morphemes too', async () => {
    const morphemes = await rougeTokenizer('ko', 'morpheme')
    expect(textSimilarity('다음 글을 요약해라.', '다음 글을 요약해라!', morphemes)).toBe(1)
    expect(textSimilarity('다음 글을 요약하라', '다음 글을 번역하라', morphemes)).toBeGreaterThan(0.6)
    expect(textSimilarity('하늘', '바다', morphemes)).toBe(0)
    expect(new SimilarTexts(morphemes).closest('하늘')).toBeUndefined()
  })
})
