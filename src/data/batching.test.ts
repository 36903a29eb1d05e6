import { describe, expect, it } from 'vitest'
import { batchSize, chooseBuckets, planBatches } from './batching.ts'
import { randomStream } from '../random.ts'

function randomLengths(count: number, seed: number) {
  const random = randomStream(seed, 0)
  return Array.from({ length: count }, () => ({
    source: 1 + random.below(200),
    target: 1 + random.below(60),
  }))
}

const buckets = { source: [128, 32, 64, 200], target: [16, 60] }

describe('planBatches', () => {
  const lengths = randomLengths(500, 1)
  const plan = planBatches({ lengths, maxTokens: 512, buckets, seed: 3, epoch: 0 })

  it('uses every row once', () => {
    const rows = plan.flatMap((batch) => batch.rows).sort((a, b) => a - b)
    expect(rows).toEqual([...lengths.keys()])
  })

  it('puts each row into the smallest bucket that holds it', () => {
    for (const batch of plan) {
      for (const row of batch.rows) {
        const fitting = (edges: number[], length: number) =>
          Math.min(...edges.filter((edge) => edge >= length))
        expect(batch.source).toBe(fitting(buckets.source, lengths[row]!.source))
        expect(batch.target).toBe(fitting(buckets.target, lengths[row]!.target))
      }
    }
  })

  it('fills batches up to maxTokens, with one partial batch at most in each bucket', () => {
    const partial = new Map<string, number>()
    for (const batch of plan) {
      const size = batchSize(512, batch.source)
      expect(batch.rows.length).toBeLessThanOrEqual(size)
      if (batch.rows.length === size) continue
      const key = `${batch.source} ${batch.target}`
      partial.set(key, (partial.get(key) ?? 0) + 1)
    }
    for (const count of partial.values()) expect(count).toBe(1)
    expect(batchSize(100, 200)).toBe(1)
  })

  it('repeats for the same seed and epoch and differs for others', () => {
    const again = (seed: number, epoch: number) =>
      JSON.stringify(planBatches({ lengths, maxTokens: 512, buckets, seed, epoch }))
    expect(again(3, 0)).toBe(JSON.stringify(plan))
    expect(again(3, 1)).not.toBe(JSON.stringify(plan))
    expect(again(4, 0)).not.toBe(JSON.stringify(plan))
  })

  it('mixes the buckets instead of running them in order', () => {
    const sources = plan.map((batch) => batch.source)
    expect(sources).not.toEqual([...sources].sort((a, b) => a - b))
  })

  it('does not depend on the order in which the edges are given', () => {
    const sorted = { source: [32, 64, 128, 200], target: [16, 60] }
    expect(planBatches({ lengths, maxTokens: 512, buckets: sorted, seed: 3, epoch: 0 })).toEqual(plan)
  })

  it('names the row that no bucket holds', () => {
    const long = [
      { source: 5, target: 5 },
      { source: 201, target: 5 },
    ]
    expect(() => planBatches({ lengths: long, maxTokens: 512, buckets, seed: 0, epoch: 0 })).toThrow(
      /row 1 has 201 source tokens and the largest bucket holds 200/,
    )
  })

  it('plans nothing for no rows', () => {
    expect(planBatches({ lengths: [], maxTokens: 512, buckets, seed: 0, epoch: 0 })).toEqual([])
  })
})

describe('chooseBuckets', () => {
  const padded = (lengths: number[], edges: number[]) =>
    lengths.reduce((sum, length) => sum + edges.find((edge) => edge >= length)!, 0)

  function subsets(items: number[], most: number): number[][] {
    if (items.length === 0 || most === 0) return [[]]
    const [first, ...rest] = items
    return [...subsets(rest, most), ...subsets(rest, most - 1).map((subset) => [first!, ...subset])]
  }

  it('pads no more than the best of all possible choices', () => {
    for (let seed = 0; seed < 20; seed++) {
      const lengths = randomLengths(30, seed).map((row) => row.target)
      const highest = Math.ceil(Math.max(...lengths) / 8) * 8
      const candidates = Array.from({ length: highest / 8 - 1 }, (_, index) => (index + 1) * 8)
      const best = Math.min(...subsets(candidates, 2).map((edges) => padded(lengths, [...edges, highest])))
      const edges = chooseBuckets(lengths, { count: 3, multipleOf: 8 })
      expect(padded(lengths, edges)).toBe(best)
      expect(edges.length).toBeLessThanOrEqual(3)
      expect(edges.every((edge) => edge % 8 === 0)).toBe(true)
      expect(edges).toEqual([...edges].sort((a, b) => a - b))
    }
  })

  it('gives no more edges than there are lengths to hold', () => {
    expect(chooseBuckets([5, 5, 5], { count: 4, multipleOf: 4 })).toEqual([8])
    expect(chooseBuckets([3, 9], { count: 4, multipleOf: 4 })).toEqual([4, 12])
    expect(chooseBuckets([], { count: 4, multipleOf: 4 })).toEqual([])
  })

  it('refuses a count or a multiple below one', () => {
    expect(() => chooseBuckets([1], { count: 0, multipleOf: 8 })).toThrow(/at least 1, got 0 and 8/)
  })
})
