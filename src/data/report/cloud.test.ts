import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { placeWords, wordCloud } from './cloud.ts'

const random = randomStream(4, 1)
const words = Array.from({ length: 80 }, (_, at) => ({
  text: random.pick(['영화', '주인공', 'restaurant', 'i', '한국어 형태소', 'WWW', '👍']) + at,
  weight: Math.ceil(500 * random.fraction() ** 4),
}))

describe('a cloud of words', () => {
  it('has every word, none over another, the heavier never smaller', () => {
    const placed = placeWords(words)
    expect(placed).toHaveLength(words.length)
    for (const [at, a] of placed.entries())
      for (const b of placed.slice(at + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
        expect(apart, `${a.text} ${b.text}`).toBe(true)
      }
    for (const [at, { weight, size }] of placed.entries()) {
      expect(weight).toBeLessThanOrEqual(placed[at - 1]?.weight ?? Infinity)
      expect(size).toBeLessThanOrEqual(placed[at - 1]?.size ?? Infinity)
    }
  })

  it('stays near the middle, wider than high, and within its picture', () => {
    const placed = placeWords(words)
    const [left, top] = [Math.min(...placed.map(({ x }) => x)), Math.min(...placed.map(({ y }) => y))]
    const width = Math.max(...placed.map((word) => word.x + word.width)) - left
    const height = Math.max(...placed.map((word) => word.y + word.height)) - top
    const covered = placed.reduce((sum, word) => sum + word.width * word.height, 0)
    expect(width / height).toBeGreaterThan(1.1)
    expect(width / height).toBeLessThan(3)
    expect(covered / (width * height)).toBeGreaterThan(0.3)
    const { text } = wordCloud(words, 'terms', 'documents')
    const box = /viewBox="([^"]+)"/.exec(text)![1]!.split(' ').map(Number)
    expect(box[2]).toBeCloseTo(width, 0)
    expect(box[3]).toBeCloseTo(height, 0)
  })

  it('of no words or words alike can be drawn', () => {
    for (const given of [
      [],
      [{ text: '가', weight: 1 }],
      [{ text: '', weight: 2 }],
      [{ text: 'a', weight: 0 }],
    ])
      expect(wordCloud(given, '', '').text).not.toMatch(/NaN|Infinity|undefined/)
  })
})
