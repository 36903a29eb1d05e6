import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.ts'
import { mergeMethods, type MergeSettings, mergeTensor, needsBase, resolveMerge } from './merge-tensors.ts'

const size = 97

function values(stream: number): Float32Array {
  const random = randomStream(5, stream)
  return Float32Array.from({ length: size }, () => random.fraction() - 0.5)
}

function merge(models: readonly Float32Array[], settings: MergeSettings, base?: Float32Array): Float32Array {
  return mergeTensor(models, base, resolveMerge(settings, models.length), 3)
}

function largestDifference(actual: Float32Array, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  return Math.max(...Array.from(actual, (value, index) => Math.abs(value - expected[index]!)))
}

/** What float32 makes of a number of that size, twice. */
const rounding = 2 ** -23

const [base, one, two, three] = [values(0), values(1), values(2), values(3)]

describe('merging', () => {
  it.each(mergeMethods)('a model with itself gives it: %s', (method) => {
    const density = method.includes('ties') || method === 'dare' ? { density: 1 } : {}
    const weights = method === 'slerp' ? {} : { weights: [0.3, 0.7] }
    const given = needsBase(method) ? base : undefined
    expect(largestDifference(merge([one, one], { method, ...weights, ...density }, given), one)).toBe(0)
  })

  it('in a line is the weighted mean', () => {
    const expected = one.map((_, index) => (2 * one[index]! + 3 * two[index]! + three[index]!) / 6)
    const merged = merge([one, two, three], { method: 'linear', weights: [2, 3, 1] })
    expect(largestDifference(merged, expected)).toBeLessThan(rounding)
    expect(largestDifference(merge([one, two], { method: 'linear', weights: [1, 0] }), one)).toBe(0)
  })

  it('on the sphere begins and ends at its models, and between them turns evenly', () => {
    expect(largestDifference(merge([one, two], { method: 'slerp', t: 0 }), one)).toBeLessThan(rounding)
    expect(largestDifference(merge([one, two], { method: 'slerp', t: 1 }), two)).toBeLessThan(rounding)
    const length = (x: Float32Array) => Math.hypot(...x)
    const unit = (x: Float32Array) => x.map((value) => value / length(x))
    const angle = (x: Float32Array, y: Float32Array) =>
      Math.acos(x.reduce((sum, value, index) => sum + value * y[index]!, 0) / (length(x) * length(y)))
    const [from, to] = [unit(one), unit(two)]
    for (const t of [0.25, 0.5, 0.9]) {
      const between = merge([from, to], { method: 'slerp', t })
      expect(length(between)).toBeCloseTo(1, 5)
      expect(angle(from, between)).toBeCloseTo(t * angle(from, to), 5)
    }
    // Opposite ones, and nothing: no arc is the shortest.
    const opposite = one.map((value) => -value)
    expect(
      largestDifference(
        merge([one, opposite], { method: 'slerp', t: 0.25 }),
        one.map((value) => value / 2),
      ),
    ).toBeLessThan(rounding)
    const zeros = new Float32Array(size)
    expect(
      largestDifference(
        merge([zeros, one], { method: 'slerp' }),
        one.map((value) => value / 2),
      ),
    ).toBe(0)
  })

  it('task vectors of one model with weight 1 gives it, and with −1 takes it away', () => {
    expect(largestDifference(merge([one], { method: 'task-arithmetic' }, base), one)).toBe(0)
    const away = base.map((value, index) => value - (one[index]! - value))
    expect(
      largestDifference(merge([one], { method: 'task-arithmetic', weights: [-1] }, base), away),
    ).toBeLessThan(2 * rounding)
    const half = base.map(
      (value, index) => value + 0.5 * (0.2 * (one[index]! - value) + 2 * (two[index]! - value)),
    )
    const merged = merge([one, two], { method: 'task-arithmetic', weights: [0.2, 2], scale: 0.5 }, base)
    expect(largestDifference(merged, half)).toBeLessThan(2 * rounding)
  })

  /** TIES as its paper tells it, each step over the whole vectors. */
  function ties(taskVectors: readonly number[][], weights: readonly number[], scale: number): number[] {
    const weighted = taskVectors.map((vector, model) => vector.map((value) => value * weights[model]!))
    const signs = Array.from(
      { length: size },
      (_, index) => Math.sign(weighted.reduce((sum, vector) => sum + vector[index]!, 0)) || 1,
    )
    return signs.map((sign, index) => {
      const agreeing = weighted.flatMap((vector, model) =>
        Math.sign(vector[index]!) === sign ? [{ value: vector[index]!, weight: weights[model]! }] : [],
      )
      const sum = agreeing.reduce((total, { value }) => total + value, 0)
      const weight = agreeing.reduce((total, entry) => total + entry.weight, 0)
      return base[index]! + (weight === 0 ? 0 : (scale * sum) / weight)
    })
  }

  const deltas = [one, two, three].map((model) => Array.from(model, (value, index) => value - base[index]!))

  it.each([0.2, 0.5, 1])('by TIES is trimmed, elected and averaged, density %d', (density) => {
    const trimmed = deltas.map((delta) => {
      const order = delta
        .map((_, index) => index)
        .toSorted((a, b) => Math.abs(delta[b]!) - Math.abs(delta[a]!))
      const kept = new Set(order.slice(0, Math.round(density * size)))
      return delta.map((value, index) => (kept.has(index) ? value : 0))
    })
    const settings = { method: 'ties', density, weights: [1, 0.5, 2], scale: 0.8 } as const
    const merged = merge([one, two, three], settings, base)
    expect(largestDifference(merged, ties(trimmed, [1, 0.5, 2], 0.8))).toBeLessThan(2 * rounding)
  })

  it.each([0.1, 0.5, 0.9])('by DARE drops at random and makes up for it, density %d', (density) => {
    // The draws of each model are a stream of their own.
    const dropped = deltas.map((delta, model) => {
      const random = randomStream(11, 3 * 3 + model)
      return delta.map((value) => (random.fraction() < density ? value / density : 0))
    })
    const weights = [0.5, 1, 0.25]
    const sum = Array.from(base, (value, index) =>
      dropped.reduce((total, delta, model) => total + weights[model]! * delta[index]!, value),
    )
    const settings = { density, weights, seed: 11 }
    const merged = merge([one, two, three], { method: 'dare', ...settings }, base)
    expect(largestDifference(merged, sum)).toBeLessThan(16 * rounding)
    const elected = merge([one, two, three], { method: 'dare-ties', ...settings }, base)
    expect(largestDifference(elected, ties(dropped, weights, 1))).toBeLessThan(16 * rounding)
    const kept = dropped.flat().filter((value) => value !== 0).length / (3 * size)
    expect(Math.abs(kept - density)).toBeLessThan(0.12)
  })

  it('by DARE is the same for the same seed alone', () => {
    const merged = (seed: number) => merge([one, two], { method: 'dare', density: 0.5, seed }, base)
    expect(merged(1)).toEqual(merged(1))
    expect(merged(1)).not.toEqual(merged(2))
  })

  it('keeps exactly the share that is asked for, where many changes are alike', () => {
    const moved = base.map((value) => value + 0.25)
    const merged = merge([moved], { method: 'ties', density: 0.5 }, base)
    const kept = merged.filter((value, index) => value !== base[index]!)
    expect(Math.abs(kept.length - Math.round(size / 2))).toBeLessThanOrEqual(1)
  })

  it.each([
    [{ method: 'slerp' }, 3, /between two models, given 3/],
    [{ method: 'slerp', weights: [1, 1] }, 2, /slerp has no weights/],
    [{ method: 'slerp', t: 1.5 }, 2, /t is 1.5/],
    [{ method: 'linear', weights: [1] }, 2, /1 weights were given for 2 models/],
    [{ method: 'linear', weights: [1, -1] }, 2, /add up to 0/],
    [{ method: 'linear', density: 0.5 }, 2, /linear has no density/],
    [{ method: 'ties', density: 0 }, 2, /density is 0/],
    [{ method: 'ties', weights: [1, -1] }, 2, /weights of ties are 1, -1/],
    [{ method: 'ties', seed: 1 }, 2, /ties has no seed/],
    [{ method: 'dare', scale: Number.NaN }, 2, /no finite number/],
  ] as const)('refuses %j', (settings, models, message) => {
    expect(() => resolveMerge(settings as MergeSettings, models)).toThrow(message)
  })
})
