import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { floats, integers, type HostTensor } from '../engine/session.ts'
import { runOnce } from '../engine/testing.ts'
import { input } from '../engine/tensor.ts'
import { alibiMask, alibiSlopes, roundedAlibiMask } from './alibi.ts'

interface Fixture {
  readonly slopes: Readonly<Record<string, readonly number[]>>
  readonly heads: number
  readonly keys: number
  readonly bias: readonly number[]
}

const { alibi: fixture, roundedAlibi } = JSON.parse(
  readFileSync(new URL('fixtures/positions.json', import.meta.url), 'utf8'),
) as {
  alibi: Fixture
  roundedAlibi: { heads: number; positions: number[]; bias: number[] }
}

/** What is added to a mask of no more than zeros, or of `batch` rows of random numbers. */
async function biased(heads: number, length: number, keys: number, mask?: Float32Array): Promise<HostTensor> {
  const given = floats(mask ?? new Float32Array(length * keys), [
    (mask?.length ?? length * keys) / (length * keys),
    1,
    length,
    keys,
  ])
  const symbol = input('mask', ['batch', 1, 'length', 'past+length'])
  return (await runOnce({ bias: alibiMask(symbol, heads) }, { mask: given })).bias!
}

describe('ALiBi', () => {
  it.each(Object.entries(fixture.slopes))('gives %s heads the slopes of BLOOM', (heads, slopes) => {
    const found = alibiSlopes(Number(heads))
    expect(found.length).toBe(slopes.length)
    // The reference raises to powers in f32.
    found.forEach((slope, head) => expect(Math.abs(slope / slopes[head]! - 1)).toBeLessThan(2e-6))
  })

  it('differs from the bias of BLOOM by one number for all keys that a query may see', async () => {
    const { heads, keys, bias } = fixture
    const own = await biased(heads, keys, keys)
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
  ])('is the slope times the distance: %i heads, %i queries after %i keys', async (heads, length, past) => {
    const { data, shape } = await biased(heads, length, past + length)
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

  it('leaves the mask of every row as it is', async () => {
    const mask = Float32Array.from({ length: 2 * 3 * 4 }, (_, index) => (index * 7) % 5)
    const { data, shape } = await biased(2, 3, 4, mask)
    expect(shape).toEqual([2, 2, 3, 4])
    const { data: bias } = await biased(2, 3, 4)
    data.forEach((value, index) => {
      const [row, rest] = [Math.floor(index / 24), index % 12]
      expect(Number(value)).toBeCloseTo(mask[row * 12 + rest]! + Number(bias[index % 24]), 5)
    })
  })

  it('needs heads', () => {
    expect(() => alibiSlopes(0)).toThrow(/at least one; given 0/)
    expect(() => alibiSlopes(1.5)).toThrow(/given 1.5/)
  })
})

describe('rounded ALiBi', () => {
  it('is to the bit what Falcon adds for the position of a key, besides the mask', async () => {
    const { heads, positions, bias } = roundedAlibi
    const keys = positions.length
    const mask = Float32Array.from({ length: 2 * 3 * keys }, (_, index) => (index % 7 === 0 ? -1e9 : 0))
    const options = { heads, positions: 2048, scale: 0.25 }
    const symbol = input('mask', ['batch', 1, 'length', 'past+length'])
    const places = input('keys', ['batch', 'past+length'], 'int64')
    const { found } = await runOnce(
      { found: roundedAlibiMask(symbol, places, options) },
      {
        mask: floats(mask, [2, 1, 3, keys]),
        keys: integers([...positions, ...positions.toReversed()], [2, keys]),
      },
    )
    expect(found!.shape).toEqual([2, heads, 3, keys])
    const wanted = Float32Array.from({ length: found!.data.length }, (_, index) => {
      const [key, query] = [index % keys, Math.floor(index / keys) % 3]
      const [head, row] = [Math.floor(index / (3 * keys)) % heads, Math.floor(index / (3 * keys * heads))]
      const place = row === 0 ? key : keys - 1 - key
      return mask[(row * 3 + query) * keys + key]! + 0.25 * bias[place * heads + head]!
    })
    expect(found!.data).toEqual(wanted)
  })
})
