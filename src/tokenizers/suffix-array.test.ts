import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.ts'
import { commonPrefixes, suffixArray } from './suffix-array.ts'

/** Places in order, by comparing all that begins there. */
function plainOrder(symbols: readonly number[]): number[] {
  const compare = (a: number, b: number): number => {
    for (let step = 0; ; step++) {
      if (a + step === symbols.length) return -1
      if (b + step === symbols.length) return 1
      const difference = symbols[a + step]! - symbols[b + step]!
      if (difference !== 0) return difference
    }
  }
  return [...symbols.keys()].sort(compare)
}

function orderOf(symbols: readonly number[]): number[] {
  return [...suffixArray(Int32Array.from(symbols))]
}

describe('suffixArray', () => {
  it('is the order of a plain sort, for every short list of three symbols', () => {
    const wrong: number[][] = []
    for (let length = 0; length <= 8; length++) {
      for (let number = 0; number < 3 ** length; number++) {
        const symbols = Array.from({ length }, (_, at) => Math.floor(number / 3 ** at) % 3)
        if (orderOf(symbols).join() !== plainOrder(symbols).join()) wrong.push(symbols)
      }
    }
    expect(wrong).toEqual([])
  })

  it.each([1, 2, 5, 300, 70_000])(
    'is the order of a plain sort, for long lists of %i symbols',
    (alphabet) => {
      const random = randomStream(alphabet, 1)
      for (let list = 0; list < 10; list++) {
        const symbols = Array.from({ length: random.below(600) }, () => random.below(alphabet))
        // A copy of a part, so that there are long repeats.
        const start = random.below(symbols.length + 1)
        symbols.push(...symbols.slice(start, start + random.below(300)))
        expect(orderOf(symbols)).toEqual(plainOrder(symbols))
      }
    },
  )

  it('grows evenly with the length, on texts that repeat themselves', () => {
    const size = 200_000
    const words: Int32Array[] = [Int32Array.of(1), Int32Array.of(1, 0)]
    while (words.at(-1)!.length < size) words.push(Int32Array.from([...words.at(-1)!, ...words.at(-2)!]))
    for (const symbols of [
      words.at(-1)!,
      new Int32Array(size),
      Int32Array.from({ length: size }, (_, at) => at % 7),
    ]) {
      const order = suffixArray(symbols)
      const common = commonPrefixes(symbols, order)
      const isInOrder = (index: number): boolean => {
        const [before, place, shared] = [order[index - 1]!, order[index]!, common[index]!]
        return before + shared === symbols.length || symbols[before + shared]! < symbols[place + shared]!
      }
      expect(new Set(order).size).toBe(symbols.length)
      expect([...order.keys()].slice(1).every(isInOrder)).toBe(true)
    }
  })
})
