import { describe, expect, it } from 'vitest'
import { floats, integers } from '../engine/session.ts'
import { randomSource, runOnce } from '../engine/testing.ts'
import { input } from '../engine/tensor.ts'
import type { RotaryOptions } from './rotary.ts'
import { noTurn, rotaryTurn } from './rotary-turn.ts'

const trained = 4
const count = 12
const heads = 2
const width = 6

const options: RotaryOptions = {
  width,
  theta: 50,
  maxPositions: count,
  scaling: {
    rope_type: 'longrope',
    short_factor: [1, 1.25, 1.5],
    long_factor: [2, 3, 5],
    original_max_position_embeddings: trained,
  },
}

/** Numbers for the tokens of rows, from the left of `[rows, heads, length, width]`. */
function values(rows: number, length: number): Float32Array {
  const random = randomSource(7)
  return Float32Array.from({ length: rows * heads * length * width }, () => random() * 2 - 1)
}

/** What a program makes of keys: those at hand before a cache keeps them, and all of them when queries meet them. */
async function turned(
  given: { positions: number[][]; past: number; keys: Float32Array },
  isCached: boolean,
  of: RotaryOptions = options,
) {
  const { positions, past, keys } = given
  const [rows, length] = [positions.length, positions[0]!.length]
  const places = input('positions', ['rows', 'length'], 'int64')
  const mask = input('mask', ['rows', 1, 'length', 'past+length'])
  const turn = rotaryTurn({ positions: places, mask, count, isCached }, of)
  const own = input('ownKeys', ['rows', heads, 'length', width])
  const all = input('allKeys', ['rows', heads, isCached ? 'past+length' : 'length', width])
  const total = past + length
  return runOnce(
    { queries: turn.queries(own), kept: turn.keptKeys(own), all: turn.allKeys(all) },
    {
      positions: integers(positions.flat(), [rows, length]),
      mask: floats(new Float32Array(rows * length * total), [rows, 1, length, total]),
      ownKeys: floats(lastTokens(keys, rows, total, length), [rows, heads, length, width]),
      allKeys: floats(keys, [rows, heads, total, width]),
    },
  )
}

function lastTokens(keys: Float32Array, rows: number, total: number, length: number): Float32Array {
  const parts = Array.from({ length: rows * heads }, (_, head) => [
    ...keys.subarray((head * total + total - length) * width, (head + 1) * total * width),
  ])
  return Float32Array.from(parts.flat())
}

const largest = (a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>) =>
  Math.max(...Array.from(a, (value, index) => Math.abs(Number(value) - Number(b[index]))))

const upTo = (length: number) => Array.from({ length }, (_, index) => index)

describe('turning by LongRoPE', () => {
  it.each([trained - 1, trained, trained + 1, count])(
    'one token after %i others gives keys and queries what reading all of them gives',
    async (past) => {
      if (past >= count) past = count - 1
      const keys = values(2, past + 1)
      const whole = await turned({ positions: [upTo(past + 1), upTo(past + 1)], past: 0, keys }, false)
      const step = await turned({ positions: [[past], [past]], past, keys }, true)
      expect(largest(step.all!.data, whole.all!.data)).toBeLessThan(1e-6)
      const last = lastTokens(whole.queries!.data as Float32Array, 2, past + 1, 1)
      expect(largest(step.queries!.data, last)).toBeLessThan(1e-6)
      expect([...step.kept!.data]).toEqual([...lastTokens(keys, 2, past + 1, 1)])
    },
  )

  it('goes by the length of each row, whatever is beside it and however it is padded', async () => {
    const length = trained + 2
    const keys = values(2, length)
    const short = [...Array<number>(3).fill(0), 0, 1, 2]
    const both = await turned({ positions: [upTo(length), short], past: 0, keys }, false)
    const alone = await turned({ positions: [short, short], past: 0, keys }, false)
    const row = heads * length * width
    expect(largest(both.all!.data.slice(row), alone.all!.data.slice(row))).toBe(0)
    expect(largest(both.all!.data.slice(0, row), alone.all!.data.slice(0, row))).toBeGreaterThan(1e-2)
  })

  it('is that of the factors of short contexts until the context of the training is passed', async () => {
    const { scaling, ...plain } = options
    const factors = scaling as Extract<RotaryOptions['scaling'], { rope_type: 'longrope' }>
    const only = (name: 'short_factor' | 'long_factor'): RotaryOptions => ({
      ...plain,
      scaling: { ...factors, short_factor: factors[name], long_factor: factors[name] },
    })
    for (const length of [trained, trained + 1]) {
      const given = { positions: [upTo(length)], past: 0, keys: values(1, length) }
      const found = await turned(given, false)
      const [short, long] = [
        await turned(given, false, only('short_factor')),
        await turned(given, false, only('long_factor')),
      ]
      const [same, other] = length === trained ? [short, long] : [long, short]
      expect(largest(found.all!.data, same.all!.data)).toBe(0)
      expect(largest(found.all!.data, other.all!.data)).toBeGreaterThan(1e-2)
    }
  })
})

describe('turning by scalings that do not ask for the length', () => {
  it('happens to keys before they are kept, and never again', async () => {
    const keys = values(1, 5)
    const found = await turned({ positions: [[3, 4]], past: 3, keys }, true, { width, theta: 50 })
    expect(found.all!.data).toEqual(keys)
    expect(largest(found.kept!.data, lastTokens(keys, 1, 5, 2))).toBeGreaterThan(1e-2)
    expect(found.kept!.data).toEqual(found.queries!.data)
  })

  it('is nothing at all where there are no positions', () => {
    const x = input('x', [1, heads, 2, width])
    expect([noTurn.queries(x), noTurn.keptKeys(x), noTurn.allKeys(x)]).toEqual([x, x, x])
  })
})
