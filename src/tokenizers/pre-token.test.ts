import { describe, expect, it } from 'vitest'
import { gpt2Expression } from './pre-token.ts'
import { PreTokenTable } from './pre-token-table.ts'

const table = new PreTokenTable()

function scan(text: string): string[] {
  const limit = table.read(text)
  const found: string[] = []
  for (let start = 0; start < limit;) {
    const end = table.next(start, limit)
    found.push(text.slice(start, end))
    start = end
  }
  return found
}

describe('preTokenEnd', () => {
  it('finds what the regular expression finds', () => {
    const pattern = new RegExp(gpt2Expression, 'gu')
    const alphabet = [
      ..."'streveldmaZ가힣ᄀ\u0301 \u0020\n\t\u00a0\u3000\ufeff\u0085\u200b09½.,!#👩\u200d𝒳𐐀𝟘_",
    ]
    let seed = 3
    const next = () => (seed = (Math.imul(seed, 48_271) >>> 0) % 0x7fffffff) / 0x7fffffff
    for (let round = 0; round < 5000; round++) {
      const text = Array.from(
        { length: Math.floor(next() * 16) },
        () => alphabet[Math.floor(next() * alphabet.length)]!,
      )
      expect(scan(text.join(''))).toEqual(text.join('').match(pattern) ?? [])
    }
  })

  it('reads every code point as the regular expression does', () => {
    const pattern = new RegExp(gpt2Expression, 'gu')
    const wrong: string[] = []
    for (let code = 0; code < 0x30000; code++) {
      const text = `a${String.fromCodePoint(code)} 1`
      if (scan(text).join('|') !== text.match(pattern)!.join('|')) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })

  it('takes half a surrogate pair as a sign of its own', () => {
    expect(scan('가\ud83d나')).toEqual(['가', '\ud83d', '나'])
  })
})

describe('PreTokenTable', () => {
  it('numbers words in order of appearance, however many there are', () => {
    const table = new PreTokenTable()
    const words = Array.from({ length: 40_000 }, (_, i) => `낱말${i}`)
    const numbers = () => words.map((word) => table.indexOf(0, table.read(word)))
    expect(numbers()).toEqual(words.map((_, i) => i))
    expect(numbers()).toEqual(words.map((_, i) => i))
    const { bytes, starts } = table.utf8()
    expect(new TextDecoder().decode(bytes.subarray(starts[39_999], starts[40_000]))).toBe('낱말39999')
    table.clear()
    expect(table.indexOf(0, table.read('처음'))).toBe(0)
  })
})
