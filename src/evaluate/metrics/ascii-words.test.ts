import { describe, expect, it } from 'vitest'
import { AsciiWords } from './ascii-words.ts'
import { randomSource } from './testing.ts'

/** A reader with its words by id, and how often it asked for one. */
function reader() {
  const words: string[] = []
  const ascii = new AsciiWords((word) => words.push(word) - 1)
  return { words, read: (line: string) => ascii.read(line) && [...ascii.read(line)!].map((id) => words[id]) }
}

const expected = (line: string) => line.toLowerCase().match(/[a-z0-9]+/g) ?? []

describe('AsciiWords', () => {
  it('reads what the regular expression finds, over any ASCII and however many words', () => {
    const random = randomSource(8)
    const { words, read } = reader()
    const seen = new Set<string>()
    for (let count = 0; count < 400; count++) {
      // Letters and digits are made likelier, so that words get long.
      const line = Array.from({ length: Math.floor(random() * 80) }, () =>
        random() < 0.3 ? String.fromCharCode(random() * 128) : 'aB3zZ09'[Math.floor(random() * 7)],
      ).join('')
      expect(read(line)).toEqual(expected(line))
      for (const word of expected(line)) seen.add(word)
    }
    expect(seen.size).toBeGreaterThan(1500)
    // Each word was asked for once.
    expect(words.length).toBe(seen.size)
    expect(new Set(words)).toEqual(seen)
  })

  it.each(['', ' ', '#Person1#: Hi!', 'x', 'x'.repeat(10_000), 'ab '.repeat(5000)])(
    'reads a line of any length',
    (line) => {
      expect(reader().read(line)).toEqual(expected(line))
    },
  )

  it('tells apart words of one hash slot and words of which one begins another', () => {
    const line = Array.from({ length: 3000 }, (_, index) => index.toString(36)).join(' ')
    expect(reader().read(line)).toEqual(line.split(' '))
  })

  it.each(['안녕', 'café', 'word\u00a0word', '\u212aelvin', '😀'])(
    'leaves %s to who knows other letters',
    (line) => {
      expect(reader().read(line)).toBeUndefined()
    },
  )
})
