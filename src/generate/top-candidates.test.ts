import { describe, expect, it } from 'vitest'
import { randomBits } from '../random.ts'
import { SmallestFirstHeap } from './smallest-first-heap.ts'
import { TopCandidates } from './top-candidates.ts'

const numbers = (seed: number, count: number): Float32Array =>
  Float32Array.from(
    { length: count },
    (_, index) => Math.floor((randomBits(seed, 0, index) / 2 ** 32) * 50) / 7,
  )

describe('TopCandidates', () => {
  it('keeps what a stable sort puts first', () => {
    for (let seed = 0; seed < 50; seed++) {
      const values = numbers(seed, 3 + seed)
      const best = new TopCandidates(8)
      best.clear()
      values.forEach((value, index) => {
        if (value > best.threshold) best.insert(value, index)
      })
      const sorted = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, 8)
      expect([...best.indices.subarray(0, best.count)]).toEqual(sorted)
      expect([...best.scores.subarray(0, best.count)]).toEqual(sorted.map((index) => values[index]))
    }
  })
})

describe('SmallestFirstHeap', () => {
  it('has the k-th largest number on top', () => {
    for (let seed = 0; seed < 50; seed++) {
      const values = numbers(seed, 30)
      const heap = new SmallestFirstHeap(1 + (seed % 30))
      for (const value of values) heap.offer(value)
      expect(heap.smallest).toBe([...values].sort((a, b) => b - a)[seed % 30])
    }
  })
})
