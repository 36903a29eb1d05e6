import { describe, expect, it } from 'vitest'
import { floats, integers } from '../engine/session.ts'
import { randomSource, runOnce } from '../engine/testing.ts'
import { input } from '../engine/tensor.ts'
import type { RotaryOptions } from './rotary.ts'
import { rotaryTurn } from './rotary-turn.ts'

const trained = 4
const count = 12
const heads = 2
const width = 6

const factors = {
  rope_type: 'longrope',
  short_factor: [1, 1.25, 1.5],
  long_factor: [2, 3, 5],
  original_max_position_embeddings: trained,
} as const

const options: RotaryOptions = { width, theta: 50, maxPositions: count, scaling: factors }

/** Random keys of `[rows, heads, length, width]`, turned. */
async function turned(
  positions: readonly (readonly number[])[],
  of: RotaryOptions = options,
  isCached = false,
): Promise<Float32Array> {
  const [rows, length] = [positions.length, positions[0]!.length]
  const places = input('positions', ['rows', 'length'], 'int64')
  const turn = rotaryTurn({ positions: places, count, isCached }, of)
  const random = randomSource(7)
  const keys = Float32Array.from({ length: rows * heads * length * width }, () => random() * 2 - 1)
  const { found } = await runOnce(
    { found: turn(input('keys', ['rows', heads, 'length', width])) },
    {
      positions: integers(positions.flat(), [rows, length]),
      keys: floats(keys, [rows, heads, length, width]),
    },
  )
  return found!.data as Float32Array
}

/** Both factors alike, whatever the length. */
const only = (name: 'short_factor' | 'long_factor'): RotaryOptions => ({
  ...options,
  scaling: { ...factors, short_factor: factors[name], long_factor: factors[name] },
})

const largest = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))

const upTo = (length: number) => Array.from({ length }, (_, index) => index)

describe('turning by LongRoPE', () => {
  it.each([true, false])(
    'goes by the length of each row, whatever is beside it and however it is padded: cached %s',
    async (isCached) => {
      const length = trained + 2
      const row = heads * length * width
      for (const short of [
        [0, 0, 0, 0, 1, 2],
        [0, 1, 2, 0, 0, 0],
      ]) {
        const both = await turned([upTo(length), short], options, isCached)
        const alone = await turned([short, short], options, isCached)
        expect(largest(both.slice(row), alone.slice(row))).toBe(0)
        expect(largest(both.slice(0, row), alone.slice(0, row))).toBeGreaterThan(1e-2)
      }
    },
  )

  it('goes by the length of each text of a row', async () => {
    const [short, long] = [upTo(trained), upTo(trained + 1)]
    const found = await turned([[...short, ...long]])
    const size = short.length + long.length
    const by = async (factor: 'short_factor' | 'long_factor') => turned([[...short, ...long]], only(factor))
    const [asShort, asLong] = [await by('short_factor'), await by('long_factor')]
    for (let head = 0; head < heads; head++) {
      const [from, between, to] = [head * size, head * size + short.length, (head + 1) * size]
      const part = (values: Float32Array, start: number, end: number) =>
        values.slice(start * width, end * width)
      expect(part(found, from, between)).toEqual(part(asShort, from, between))
      expect(part(found, between, to)).toEqual(part(asLong, between, to))
    }
  })

  it('takes a token that goes on from a long text for one of it', async () => {
    const [found, asLong] = [
      await turned([[count - 1]], options, true),
      await turned([[count - 1]], only('long_factor'), true),
    ]
    expect(found).toEqual(asLong)
  })

  it('is that of the factors of short contexts until the context of the training is passed, for all tokens', async () => {
    for (const length of [2, trained, trained + 1, count]) {
      const [found, short, long] = [
        await turned([upTo(length)]),
        await turned([upTo(length)], only('short_factor')),
        await turned([upTo(length)], only('long_factor')),
      ]
      expect(largest(found, length <= trained ? short : long)).toBe(0)
      expect(largest(short, long)).toBeGreaterThan(1e-2)
    }
  })
})
