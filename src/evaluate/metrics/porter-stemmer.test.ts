import { expect, it } from 'vitest'
import fixture from './fixtures/porter.json' with { type: 'json' }
import { porterStem } from './porter-stemmer.ts'

it('stems as nltk does', () => {
  const stems: [string, string][] = Object.entries(fixture)
  expect(stems.length).toBeGreaterThan(5000)
  expect(stems.filter(([word, stem]) => porterStem(word) !== stem)).toEqual([])
})
