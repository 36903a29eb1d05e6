import { describe, expect, it } from 'vitest'
import { Arena, type Chunk } from './arena.ts'
import { randomSource } from './testing.ts'

const mebibyte = 2 ** 20

describe('Arena', () => {
  it('never gives the same memory twice at a time, and knows how much is taken', () => {
    const random = randomSource(3)
    const arena = new Arena()
    const taken: Chunk[] = []
    for (let round = 0; round < 2000; round++) {
      if (taken.length > 0 && random() < 0.5)
        arena.give(taken.splice(Math.floor(random() * taken.length), 1)[0]!)
      else taken.push(arena.take(Math.floor(random() ** 4 * 4 * mebibyte)))
      expect(arena.used).toBe(taken.reduce((total, { size }) => total + size, 0))
      expect(arena.used).toBeLessThanOrEqual(arena.held)
      expect(arena.touched).toBeLessThanOrEqual(arena.held)
    }
    const byPlace = taken.toSorted((a, b) => a.region.index - b.region.index || a.offset - b.offset)
    const overlapping = byPlace.filter(({ region, offset, size }, index) => {
      const next = byPlace[index + 1]
      return next?.region === region && offset + size > next.offset
    })
    expect(overlapping).toEqual([])
  })

  it('makes one chunk of free neighbours, so that what was cut up can be taken whole again', () => {
    const arena = new Arena()
    const parts = Array.from({ length: 4 }, () => arena.take(mebibyte / 4))
    expect(arena.held).toBe(mebibyte)
    for (const part of [1, 3, 0, 2]) arena.give(parts[part]!)
    arena.take(mebibyte)
    expect(arena.held).toBe(mebibyte)
    expect(arena.touched).toBe(mebibyte)
  })

  it('takes the smallest chunk that holds what is asked for', () => {
    const arena = new Arena()
    const large = arena.take(mebibyte / 2)
    arena.take(1)
    const small = arena.take(mebibyte / 8)
    arena.take(1)
    arena.give(large)
    arena.give(small)
    expect(arena.take(mebibyte / 8).offset).toBe(small.offset)
  })

  it('takes regions from the system that double, as the runtime’s record of a real run shows', () => {
    const arena = new Arena()
    const held = [1, 3, 3, 3, 3].map((size) => (arena.take(size * mebibyte), arena.held / mebibyte))
    // 1, then twice the 4 that a request of 3 needs, then 8, of which two requests have room.
    expect(held).toEqual([1, 5, 9, 17, 17])
  })
})
