import { describe, expect, it } from 'vitest'
import { PreTokenTable } from './pre-token-table.ts'
import { scanText } from './scanner.ts'
import { splitExpression } from './split-expression.ts'
import { cl100kPattern, gpt2Pattern, o200kPattern, qwenPattern, scannerOf } from './split-patterns.ts'

const patterns = { gpt2Pattern, cl100kPattern, qwenPattern, o200kPattern }

function random(seed: number): () => number {
  return () => (seed = (Math.imul(seed, 48_271) >>> 0) % 0x7fffffff) / 0x7fffffff
}

describe.each(Object.entries(patterns))('the scanner of %s', (_, pattern) => {
  const scan = (text: string) => scanText(scannerOf(pattern)!, text)
  const expression = splitExpression(pattern)

  it('finds what the regular expression finds', () => {
    const alphabet = [
      ..."'''streveldmSTREVLaZqQ가힣가ǅʰ\u0301\u0345 \u0020\u0020\n\r\t\u00a0\u3000\ufeff\u0085\u200b09½.,!#//👩\u200d𝒳𐐀𐐨𝟘_ſ",
    ]
    const next = random(3)
    for (let round = 0; round < 8000; round++) {
      const characters = Array.from(
        { length: Math.floor(next() * 16) },
        () => alphabet[Math.floor(next() * alphabet.length)]!,
      )
      const text = characters.join('')
      expect([text, scan(text)]).toEqual([text, text.match(expression) ?? []])
    }
  })

  it('reads every code point as the regular expression does', () => {
    const wrong: string[] = []
    for (let code = 0; code < 0x30000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const text = `Aa${String.fromCodePoint(code)} 1`
      if (scan(text).join('|') !== text.match(expression)!.join('|')) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })
})

describe('scannerOf', () => {
  it('knows no other pattern', () => {
    expect(scannerOf(`${gpt2Pattern}|x`)).toBeUndefined()
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
