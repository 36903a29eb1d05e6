import { describe, expect, it } from 'vitest'
import { interchangeTokens } from './interchange-tokens.ts'

const example = { source: Int32Array.of(5, 9, 6, 10, 5, 7), target: Int32Array.of(6, 11, 5, 8) }
const tokens = new Set([5, 6, 8])

describe('interchangeTokens', () => {
  it('renames consistently in source and target, and only what the source holds', () => {
    const seen = new Set<string>()
    for (let epoch = 0; epoch < 20; epoch++) {
      const { source, target } = interchangeTokens(example, tokens, { seed: 1, epoch, row: 3 })
      const [a, b] = [source[0]!, source[2]!]
      expect([a, b].sort()).toEqual([5, 6])
      expect([...source]).toEqual([a, 9, b, 10, a, 7])
      expect([...target]).toEqual([b, 11, a, 8])
      seen.add(`${a}${b}`)
    }
    expect(seen.size).toBe(2)
  })

  it('is the same for the same pass and row', () => {
    const place = { seed: 2, epoch: 4, row: 7 }
    expect(interchangeTokens(example, tokens, place)).toEqual(interchangeTokens(example, tokens, place))
  })

  it('leaves an example with fewer than two of them alone', () => {
    const single = { source: Int32Array.of(5, 1), target: Int32Array.of(5) }
    expect(interchangeTokens(single, tokens, { seed: 1, epoch: 0, row: 0 })).toBe(single)
  })
})
