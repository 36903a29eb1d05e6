import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { layerNormalization } from './layer-normalization.ts'

function reference(width: number, epsilon: number) {
  return (x: Float64Array, weight: Float64Array, bias: Float64Array) => {
    const out = new Float64Array(x.length)
    for (let start = 0; start < x.length; start += width) {
      const row = x.subarray(start, start + width)
      const mean = row.reduce((total, value) => total + value, 0) / width
      const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / width
      row.forEach((value, index) => {
        out[start + index] = ((value - mean) / Math.sqrt(variance + epsilon)) * weight[index]! + bias[index]!
      })
    }
    return out
  }
}

describe('layerNormalization', () => {
  it.each([
    { shape: [1, 5], epsilon: 1e-5 },
    { shape: [3, 8], epsilon: 1e-5 },
    { shape: [2, 3, 7], epsilon: 1e-6 },
    { shape: [1, 2, 1, 4], epsilon: 0.1 },
    { shape: [3, 1], epsilon: 1e-5 },
  ])('matches the formula and its gradients for $shape with ε = $epsilon', async ({ shape, epsilon }) => {
    const random = randomSource(21)
    const width = shape.at(-1)!
    const { value, gradient } = await checkOperation(
      (x, weight, bias) => layerNormalization(x!, weight!, bias!, epsilon),
      reference(width, epsilon),
      [
        randomValues(random, shape, 2, 0.5),
        randomValues(random, [width], 0.5, 1),
        randomValues(random, [width]),
      ],
    )
    expect(value).toBeLessThan(2e-6)
    expect(gradient).toBeLessThan(1e-4)
  })

  it('names the shapes that do not fit', () => {
    const [four, five] = [input('four', [4]), input('five', [5])]
    expect(() => layerNormalization(input('x', [2, 4]), five, four, 1e-5)).toThrow(/\[2, 4\].*\[5\]/)
    expect(() => layerNormalization(input('x', [2, 4]), four, five, 1e-5)).toThrow(/\[2, 4\]/)
    expect(() => layerNormalization(input('x', [2, 'width']), four, four, 1e-5)).toThrow(/\[2, width\]/)
  })
})
