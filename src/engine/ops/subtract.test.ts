import { describe, expect, it } from 'vitest'
import { checkBinary } from '../testing-elementwise.ts'
import { input } from '../tensor.ts'
import { subtract } from './subtract.ts'

describe('subtract', () => {
  it('is a difference under broadcasting, whose gradients are summed back to each operand', async () => {
    const { value, gradient } = await checkBinary(subtract, (a, b) => a - b)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('names the shapes and types that do not go together', () => {
    expect(() => subtract(input('a', [2, 3]), input('b', [2, 4]))).toThrow(/^subtract: .*\[2, 3\].*\[2, 4\]/)
    expect(() => subtract(input('a', [2]), input('b', [2], 'int64'))).toThrow(/float32 \[2\].*int64 \[2\]/)
    expect(() => subtract(input('a', ['batch', 3]), input('b', ['length', 3]))).toThrow(/batch.*length/)
  })
})
