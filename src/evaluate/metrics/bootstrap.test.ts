import { describe, expect, it } from 'vitest'
import { bootstrapMeans } from './bootstrap.ts'
import { randomSource } from './testing.ts'

const options = { confidence: 0.95, resamples: 1000, seed: 0 }

describe('bootstrap', () => {
  const random = randomSource(3)
  const table = Float64Array.from({ length: 400 * 2 }, () => random() ** 3)

  it('agrees with the normal approximation on many rows', () => {
    for (const [column, { mean, interval }] of bootstrapMeans(table, 2, options).entries()) {
      const values = [...table].filter((_, index) => index % 2 === column)
      const average = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length
      const half = 1.96 * Math.sqrt(variance / values.length)
      expect(mean).toBeCloseTo(average, 12)
      expect(interval[0] / (average - half)).toBeCloseTo(1, 1)
      expect(interval[1] / (average + half)).toBeCloseTo(1, 1)
      expect((interval[1] - interval[0]) / (2 * half)).toBeCloseTo(1, 0.9)
    }
  })

  it('repeats with the seed and moves with another', () => {
    const again = bootstrapMeans(table, 2, options)
    expect(bootstrapMeans(table, 2, options)).toEqual(again)
    expect(bootstrapMeans(table, 2, { ...options, seed: 1 })).not.toEqual(again)
  })

  it('widens with the confidence', () => {
    const width = (confidence: number) => {
      const [low, high] = bootstrapMeans(table, 2, { ...options, confidence })[0]!.interval
      return high - low
    }
    expect(width(0.5)).toBeLessThan(width(0.9))
    expect(width(0.9)).toBeLessThan(width(0.99))
  })

  it('holds the mean, to the last digit, of equal rows and of one row', () => {
    const equal = bootstrapMeans(new Float64Array(77).fill(0.1), 1, options)[0]!
    expect(equal.interval[0]).toBeLessThanOrEqual(equal.mean)
    expect(equal.interval[1]).toBeGreaterThanOrEqual(equal.mean)
    expect(bootstrapMeans(Float64Array.of(0.3), 1, options)).toEqual([{ mean: 0.3, interval: [0.3, 0.3] }])
  })
})
