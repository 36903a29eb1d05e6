import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gradients } from '../engine/gradient.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { sum } from '../engine/ops/sum.ts'
import { input } from '../engine/tensor.ts'
import { relativePositionBias, relativePositionBucket, relativePositionBuckets } from './relative-position.ts'
import { counted, run, scopeOf } from './testing.ts'

interface Fixture {
  readonly buckets: readonly {
    readonly bidirectional: boolean
    readonly buckets: number
    readonly maxDistance: number
    readonly first: number
    readonly found: readonly number[]
  }[]
  readonly bias: readonly {
    readonly bidirectional: boolean
    readonly past: number
    readonly length: number
    readonly table: readonly number[]
    readonly bias: readonly number[]
    readonly weights: readonly number[]
    readonly gradient: readonly number[]
  }[]
}

const fixture = JSON.parse(
  readFileSync(new URL('fixtures/positions.json', import.meta.url), 'utf8'),
) as Fixture

describe('relative position buckets', () => {
  it.each(fixture.buckets)(
    'are those of T5: $buckets to a distance of $maxDistance, bidirectional $bidirectional',
    ({ first, found, ...options }) => {
      expect(found.map((_, index) => relativePositionBucket(index - first, options))).toEqual(found)
    },
  )

  it('are 32 to a distance of 128 where nothing else is said', () => {
    for (const distance of [-200, -128, -20, -3, 0, 3, 20, 200]) {
      const options = { bidirectional: true }
      expect(relativePositionBucket(distance, options)).toBe(
        relativePositionBucket(distance, { ...options, buckets: 32, maxDistance: 128 }),
      )
    }
  })

  it('need two a direction and a distance beyond the near ones', () => {
    expect(() => relativePositionBucket(1, { bidirectional: true, buckets: 3 })).toThrow(/^3 buckets do not/)
    expect(() => relativePositionBucket(1, { bidirectional: false, buckets: 8, maxDistance: 4 })).toThrow(
      /^8 buckets do not reach a distance of 4/,
    )
  })

  it('are laid out by query and key, whatever the past', async () => {
    for (const [length, past] of [
      [1, 0],
      [4, 0],
      [3, 6],
      [2, 30],
    ] as const) {
      for (const bidirectional of [true, false]) {
        const options = { bidirectional, buckets: 8, maxDistance: 9 }
        const scores = input('scores', ['batch', 'length', 'keys'])
        const { buckets } = await run(
          { buckets: relativePositionBuckets(scores, options) },
          { scores: counted(2, length, past + length) },
        )
        const { data, shape } = buckets!
        expect([data instanceof BigInt64Array, ...shape]).toEqual([true, length, past + length])
        data.forEach((value, index) => {
          const [query, key] = [past + Math.floor(index / (past + length)), index % (past + length)]
          expect(Number(value)).toBe(relativePositionBucket(key - query, options))
        })
      }
    }
  })
})

describe('relative position bias', () => {
  it.each(fixture.bias)(
    'and the gradient to its table are those of T5: $length queries after $past keys, bidirectional $bidirectional',
    async (given) => {
      const { length, past, bidirectional } = given
      const [heads, buckets, keys] = [3, 8, past + length]
      const scope = scopeOf({ weight: [buckets, heads] })
      // Sizes known only at the run: one program serves every length.
      const scores = input('scores', ['length', 'keys'])
      const ids = relativePositionBuckets(scores, { bidirectional, buckets, maxDistance: 10 })
      const bias = relativePositionBias(scope, ids)
      expect(bias.shape).toEqual([1, heads, 'length', 'keys'])
      const weighted = multiply(bias, input('weights', bias.shape))
      const [gradient] = gradients(sum(weighted, [0, 1, 2, 3]), [scope.parameter('weight')])
      const results = await run(
        { bias, gradient: gradient! },
        {
          scores: counted(length, keys),
          weight: { data: Float32Array.from(given.table), shape: [buckets, heads] },
          weights: { data: Float32Array.from(given.weights), shape: [1, heads, length, keys] },
        },
      )
      expect(results.bias!.shape).toEqual([1, heads, length, keys])
      expect([...results.bias!.data].map(Number)).toEqual(given.bias.map(Math.fround))
      ;[...results.gradient!.data].forEach((value, index) =>
        expect(Math.abs(Number(value) - given.gradient[index]!)).toBeLessThan(1e-5),
      )
    },
  )
})
