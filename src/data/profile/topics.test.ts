import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contentTerms } from './content-terms.ts'
import { factorize } from './factorize.ts'
import { distinctiveTerms, tfidf, topTerms } from './tf-idf.ts'
import { findTopicColumn, findTopics, sampleMatrix, topicColumnProfile } from './topics.ts'
import { ValueCounts } from './value-counts.ts'

const fixture = JSON.parse(readFileSync(resolve(import.meta.dirname, 'fixtures/tf-idf.json'), 'utf8')) as {
  documents: string[][]
  terms: string[]
  weights: Record<string, number>[]
  errors: Record<string, number>
}
const matrix = tfidf(fixture.documents)

describe('TF-IDF', () => {
  it('has the terms and weights of scikit-learn', () => {
    expect(matrix.terms).toEqual(fixture.terms)
    for (const [row, expected] of fixture.weights.entries()) {
      const own: Record<string, number> = {}
      for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++)
        own[matrix.terms[matrix.columns[at]!]!] = matrix.weights[at]!
      expect(Object.keys(own).toSorted()).toEqual(Object.keys(expected).toSorted())
      for (const [term, weight] of Object.entries(expected)) expect(own[term]).toBeCloseTo(weight, 10)
    }
  })

  it('leaves out terms of too few or too many documents, and all but the most frequent', () => {
    const documents = [
      ['a', 'b', 'c'],
      ['a', 'b'],
      ['a', 'd'],
      ['a', 'b'],
    ]
    expect(tfidf(documents, { minimumDocuments: 2 }).terms).toEqual(['a', 'b'])
    expect(tfidf(documents, { maximumShare: 0.75 }).terms).toEqual(['b', 'c', 'd'])
    expect(tfidf(documents, { maximumTerms: 3 }).terms).toEqual(['a', 'b', 'c'])
    expect([...tfidf(documents, { maximumShare: 0.2 }).starts]).toEqual([0, 0, 0, 0, 0])
  })

  it('names what is told apart by, not what all have', () => {
    const bus = fixture.documents.flatMap((_, row) => (row % 5 === 0 ? [row] : []))
    const terms = distinctiveTerms(matrix, bus, 8).map(({ term }) => term)
    const subject = 'bus station ticket train platform driver delay seat luggage conductor'.split(' ')
    expect(terms.filter((term) => subject.includes(term)).length).toBeGreaterThanOrEqual(7)
  })
})

describe('factorization', () => {
  it.each(Object.entries(fixture.errors))('into %s topics comes as near as scikit-learn', (topics, error) => {
    const found = factorize(matrix, { topics: Number(topics), seed: 1, iterations: 200, attempts: 5 })
    expect(found.error).toBeLessThan(error * 1.01)
    // The error is that of the factors themselves.
    let squares = 0
    const width = matrix.terms.length
    for (let row = 0; row < matrix.documents; row++) {
      const dense = new Float64Array(width)
      for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++)
        dense[matrix.columns[at]!] = matrix.weights[at]!
      for (let term = 0; term < width; term++) {
        let made = 0
        for (let topic = 0; topic < found.count; topic++)
          made += found.documents[row * found.count + topic]! * found.topics[topic * width + term]!
        squares += (dense[term]! - made) ** 2
      }
    }
    expect(Math.sqrt(squares)).toBeCloseTo(found.error, 6)
    expect(Math.min(...found.documents, ...found.topics)).toBeGreaterThanOrEqual(0)
  })

  it('is the same for the same seed', () => {
    const [one, other] = [1, 1].map((seed) => factorize(matrix, { topics: 3, seed, iterations: 5 }))
    expect(one).toEqual(other)
  })
})

describe('topics', () => {
  it('of which documents are made are found', () => {
    const found = findTopics(
      fixture.documents.map((words) => ({ text: words.join(' '), topic: undefined })),
      sampleMatrix(fixture.documents, 0.5),
      1,
    )!
    expect(found.topics.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10)
    const subjects = [...new Set(fixture.documents.map((_, row) => row % 5))].map((subject) =>
      found.topics.some(({ terms }) => {
        const own = new Set(fixture.documents.filter((_, row) => row % 5 === subject).flat())
        const others = new Set(fixture.documents.filter((_, row) => row % 5 !== subject).flat())
        return terms.slice(0, 3).every(({ term }) => own.has(term) && !others.has(term))
      }),
    )
    expect(subjects).toEqual([true, true, true, true, true])
    expect(findTopics([], sampleMatrix([], 0.5), 1)).toBeUndefined()
  })

  it('of a column are counted, with how evenly they are spread', () => {
    const values = new ValueCounts()
    for (const [topic, rows] of [
      ['쇼핑', 4],
      ['여행', 4],
    ] as const)
      for (let row = 0; row < rows; row++) values.add(topic)
    const profile = topicColumnProfile('topic', values, 8, [], tfidf([]))
    expect(profile).toMatchObject({ topics: 2, single: 0, largestShare: 0.5, evenness: 1 })
    expect(profile.effective).toBeCloseTo(2, 10)
    values.add('하나')
    const uneven = topicColumnProfile('topic', values, 9, [], tfidf([]))
    expect(uneven.single).toBe(1)
    expect(uneven.evenness).toBeLessThan(1)
    expect(findTopicColumn(['id', 'Label', 'topic'])).toBe('topic')
    expect(findTopicColumn(['id', '주제'])).toBe('주제')
    expect(findTopicColumn(['id', 'text'])).toBeUndefined()
  })
})

describe('terms', () => {
  it('are Korean nouns and English words that say something', async () => {
    const terms = await contentTerms()
    expect(terms('배우들의 연기가 정말 최고였다 ㅋㅋㅋㅋ ㅠㅠ')).toEqual(['배우', '연기', '최고'])
    expect(terms('I would like to book a flight to Seoul, please!!! 2024')).toEqual([
      'book',
      'flight',
      'seoul',
    ])
    expect(terms('#Person1#: Mail me at a.b@c.org or https://x.org/page [EMAIL] 호텔 예약')).toEqual([
      'mail',
      '호텔',
      '예약',
    ])
    const composed = '영화를 보았다'
    expect(terms(composed.normalize('NFD'))).toEqual(terms(composed))
  })

  it('the heaviest come first, those without weight not at all', () => {
    expect(topTerms(['a', 'b', 'c', 'd'], Float64Array.of(1, 0, 3, 1), 3).map(({ term }) => term)).toEqual([
      'c',
      'a',
      'd',
    ])
  })
})
