import { describe, expect, it } from 'vitest'
import { philox, randomBits, randomStream } from './random.ts'

describe('philox', () => {
  // Known answers published with Random123 (kat_vectors, philox4x32-10).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('equals the reference for counter %j and key %j', (counter, key, expected) => {
    const hexadecimal = philox(counter, key).map((word) => word.toString(16).padStart(8, '0'))
    expect(hexadecimal.join(' ')).toBe(expected)
  })
})

describe('randomBits', () => {
  it('gives other numbers for another seed, stream or counter, beyond 32 bits too', () => {
    const drawn = [
      randomBits(1, 0, 0),
      randomBits(0, 1, 0),
      randomBits(0, 0, 1),
      randomBits(2 ** 40, 0, 0),
      randomBits(0, 2 ** 40, 0),
      randomBits(0, 0, 2 ** 40),
    ]
    expect(new Set([...drawn, randomBits(0, 0, 0)]).size).toBe(7)
  })
})

describe('randomStream', () => {
  it('repeats itself from the same seed and stream', () => {
    const read = () => {
      const random = randomStream(7, 3)
      return Array.from({ length: 50 }, () => random.below(1000))
    }
    expect(read()).toEqual(read())
  })

  it('draws every value below a bound about equally often', () => {
    const random = randomStream(11, 0)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let draw = 0; draw < 10_000; draw++) counts[random.below(10)]! += 1
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('shuffles into each order equally often and leaves its input alone', () => {
    const random = randomStream(5, 0)
    const items = ['a', 'b', 'c']
    const seen = new Map<string, number>()
    for (let draw = 0; draw < 6000; draw++) {
      const order = random.shuffled(items).join('')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(items).toEqual(['a', 'b', 'c'])
    expect(seen.size).toBe(6)
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('refuses to pick from nothing', () => {
    expect(() => randomStream(1, 1).pick([])).toThrow('empty')
  })
})
