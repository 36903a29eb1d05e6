import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { floats } from '../session.ts'
import { checkOperation, evaluate, randomSource, randomValues, runOnce } from '../testing.ts'
import { input } from '../tensor.ts'
import type { Dimension } from '../dimension.ts'
import { groupNormalization } from './group-normalization.ts'
import { multiply } from './multiply.ts'
import { sum } from './sum.ts'

/** Each run of `channels / groups` channels of one example is contiguous. */
function reference(channels: number, places: number, groups: number, epsilon: number) {
  const size = (channels / groups) * places
  return (x: Float64Array, weight: Float64Array, bias: Float64Array) => {
    const out = new Float64Array(x.length)
    for (let start = 0; start < x.length; start += size) {
      const group = x.subarray(start, start + size)
      const mean = group.reduce((total, value) => total + value, 0) / size
      const variance = group.reduce((total, value) => total + (value - mean) ** 2, 0) / size
      group.forEach((value, index) => {
        const channel = Math.floor((start + index) / places) % channels
        out[start + index] =
          ((value - mean) / Math.sqrt(variance + epsilon)) * weight[channel]! + bias[channel]!
      })
    }
    return out
  }
}

/** The outputs and gradients of a program traced with the given sizes, run on a tensor of `[2, 4, 3, 2]`. */
async function runTraced(batch: Dimension, height: Dimension, width: Dimension) {
  const x = input('x', [batch, 4, height, width], 'float32', true)
  const weight = input('weight', [4], 'float32', true)
  const bias = input('bias', [4], 'float32', true)
  const y = groupNormalization(x, weight, bias, 2, 1e-5)
  const [dx, dw, db] = gradients(sum(multiply(y, multiply(y, y)), [0, 1, 2, 3]), [x, weight, bias])
  const random = randomSource(41)
  const values = (shape: number[]) =>
    floats(Float32Array.from(randomValues(random, shape, 2, 0.5).data), shape)
  return runOnce(
    { y, dx: dx!, dw: dw!, db: db! },
    { x: values([2, 4, 3, 2]), weight: values([4]), bias: values([4]) },
  )
}

describe('groupNormalization', () => {
  it.each([
    { shape: [1, 2, 5], groups: 1, epsilon: 1e-5 },
    { shape: [2, 6, 4], groups: 3, epsilon: 1e-5 },
    { shape: [2, 4, 3, 2], groups: 2, epsilon: 1e-6 },
    { shape: [2, 3, 2, 1, 2], groups: 3, epsilon: 0.1 },
    { shape: [3, 4], groups: 2, epsilon: 1e-2 },
    // A single value in each group: nothing is left of it but the bias.
    { shape: [2, 2, 1], groups: 2, epsilon: 1e-5 },
  ])(
    'matches the formula and its gradients for $shape in $groups groups',
    async ({ shape, groups, epsilon }) => {
      const random = randomSource(40)
      const [, channels, ...spatial] = shape
      const places = spatial.reduce((a, b) => a * b, 1)
      const { value, gradient } = await checkOperation(
        (x, weight, bias) => groupNormalization(x!, weight!, bias!, groups, epsilon),
        reference(channels!, places, groups, epsilon),
        [
          randomValues(random, shape, 2, 0.5),
          randomValues(random, [channels!], 0.5, 1),
          randomValues(random, [channels!]),
        ],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('keeps its digits where the mean is far larger than the deviation', async () => {
    const random = randomSource(42)
    const x = randomValues(random, [2, 4, 6], 1, 1000)
    const ones = { shape: [4], data: new Float64Array(4).fill(1) }
    const zeros = { shape: [4], data: new Float64Array(4) }
    const result = await evaluate((x, w, b) => groupNormalization(x!, w!, b!, 2, 1e-5), [x, ones, zeros])
    const expected = reference(4, 6, 2, 1e-5)(x.data, ones.data, zeros.data)
    ;[...(result.data as Float32Array)].forEach((value, index) => {
      // The mean itself, near 1000, has a rounding of 3e-5.
      expect(Math.abs(value - expected[index]!)).toBeLessThan(2e-4)
    })
  })

  it.each([
    { batch: 'batch', height: 3, width: 2 },
    { batch: 'batch', height: 'height', width: 'width' },
  ])('gives the same for sizes named $batch, $height, $width', async ({ batch, height, width }) => {
    const [fixed, symbolic] = [await runTraced(2, 3, 2), await runTraced(batch, height, width)]
    for (const [name, { data, shape }] of Object.entries(fixed)) {
      expect(symbolic[name]!.shape).toEqual(shape)
      data.forEach((value: number | bigint, index: number) => {
        expect(symbolic[name]!.data[index]).toBeCloseTo(Number(value), 5)
      })
    }
  })

  it('names the shapes that do not fit', () => {
    const [four, five] = [input('four', [4]), input('five', [5])]
    const x = input('x', [2, 4, 3])
    expect(() => groupNormalization(x, five, four, 2, 1e-5)).toThrow(/\[2, 4, 3\].*\[5\].*\[4\]/)
    expect(() => groupNormalization(x, four, five, 2, 1e-5)).toThrow(/bias of \[5\]/)
    expect(() => groupNormalization(x, four, four, 3, 1e-5)).toThrow(/\[2, 4, 3\] in 3 groups/)
    expect(() => groupNormalization(x, four, four, 0.5, 1e-5)).toThrow(/0.5 groups/)
    expect(() => groupNormalization(input('x', [2, 'c', 3]), four, four, 2, 1e-5)).toThrow(/\[2, c, 3\]/)
  })
})
