import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alibiBias, alibiSlopes } from './alibi.ts'

interface Fixture {
  readonly slopes: Readonly<Record<string, readonly number[]>>
  readonly heads: number
  readonly keys: number
  readonly bias: readonly number[]
}

const fixture = (
  JSON.parse(readFileSync(new URL('fixtures/positions.json', import.meta.url), 'utf8')) as { alibi: Fixture }
).alibi

describe('ALiBi', () => {
  it.each(Object.entries(fixture.slopes))('gives %s heads the slopes of BLOOM', (heads, slopes) => {
    const found = alibiSlopes(Number(heads))
    expect(found.length).toBe(slopes.length)
    // The reference raises to powers in f32.
    found.forEach((slope, head) => expect(Math.abs(slope / slopes[head]! - 1)).toBeLessThan(2e-6))
  })

  it('differs from the bias of BLOOM by one number for all keys that a query may see', () => {
    const { heads, keys, bias } = fixture
    const own = alibiBias(heads, keys)
    expect(own.shape).toEqual([1, heads, keys, keys])
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < keys; query++) {
        const differences = Array.from(
          { length: query + 1 },
          (_, key) => bias[head * keys + key]! - Number(own.data[(head * keys + query) * keys + key]),
        )
        for (const difference of differences) expect(difference).toBeCloseTo(differences[0]!, 5)
      }
    }
  })

  it.each([
    [1, 1, 0],
    [4, 3, 0],
    [3, 2, 5],
  ])('is the slope times the distance: %i heads, %i queries after %i keys', (heads, length, past) => {
    const { data, shape } = alibiBias(heads, length, past)
    const slopes = alibiSlopes(heads)
    const keys = past + length
    expect(shape).toEqual([1, heads, length, keys])
    data.forEach((value, index) => {
      const [head, query, key] = [
        Math.floor(index / (length * keys)),
        Math.floor(index / keys) % length,
        index % keys,
      ]
      expect(Number(value)).toBeCloseTo(-slopes[head]! * Math.abs(past + query - key), 6)
    })
  })

  it('needs heads', () => {
    expect(() => alibiSlopes(0)).toThrow(/at least one; given 0/)
    expect(() => alibiSlopes(1.5)).toThrow(/given 1.5/)
  })
})
