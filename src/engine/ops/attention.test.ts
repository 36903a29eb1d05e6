import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues, type Values } from '../testing.ts'
import { attention } from './attention.ts'

function reference(batch: number, length: number, keys: number, width: number, scale: number) {
  return (q: Float64Array, k: Float64Array, v: Float64Array, mask?: Float64Array) => {
    const out = new Float64Array(batch * length * width)
    for (let b = 0; b < batch; b++) {
      for (let i = 0; i < length; i++) {
        const scores = Array.from({ length: keys }, (_, j) => {
          let score = 0
          for (let d = 0; d < width; d++)
            score += q[(b * length + i) * width + d]! * k[(b * keys + j) * width + d]!
          return score * scale + (mask?.[i * keys + j] ?? 0)
        })
        const top = Math.max(...scores)
        const weights = scores.map((score) => Math.exp(score - top))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        for (let j = 0; j < keys; j++) {
          for (let d = 0; d < width; d++) {
            out[(b * length + i) * width + d]! += (weights[j]! / total) * v[(b * keys + j) * width + d]!
          }
        }
      }
    }
    return out
  }
}

describe('attention', () => {
  it.each([
    { batch: 1, heads: 1, length: 1, keys: 1, width: 2 },
    { batch: 2, heads: 3, length: 4, keys: 5, width: 6 },
    { batch: 1, heads: 2, length: 5, keys: 5, width: 3, causal: true },
  ])(
    'matches the formula and its gradients for %o',
    async ({ batch, heads, length, keys, width, causal }) => {
      const random = randomSource(3)
      const inputs: Values[] = [
        randomValues(random, [batch, heads, length, width]),
        randomValues(random, [batch, heads, keys, width]),
        randomValues(random, [batch, heads, keys, width]),
      ]
      if (causal) {
        const data = Float64Array.from({ length: length * keys }, (_, index) =>
          index % keys > Math.floor(index / keys) ? -1e9 : 0,
        )
        inputs.push({ shape: [1, 1, length, keys], data, fixed: true })
      }
      const { value, gradient } = await checkOperation(
        (query, key, values, mask) => attention(query!, key!, values!, { scale: 0.7, ...(mask && { mask }) }),
        reference(batch * heads, length, keys, width, 0.7),
        inputs,
      )
      expect(value).toBeLessThan(1e-5)
      expect(gradient).toBeLessThan(1e-4)
    },
  )
})
