import { describe, expect, it } from 'vitest'
import { mixKey } from './row-key.ts'

describe('mixKey', () => {
  it('tells seeds, tokens, orders and lengths apart', () => {
    const keys = [
      mixKey(1, [1, 2]),
      mixKey(2, [1, 2]),
      mixKey(1 + 2 ** 32, [1, 2]),
      mixKey(1, [2, 1]),
      mixKey(1, [1, 2, 0]),
      mixKey(1, [1]),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })
})
