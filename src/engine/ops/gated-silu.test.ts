import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { gatedSilu } from './gated-silu.ts'

describe('gatedSilu', () => {
  it.each([[[1]], [[7, 5]], [[2, 3, 33]]])(
    'is silu(gate) · up for shape %j, with both gradients',
    async (shape) => {
      const random = randomSource(11)
      const { value, gradient } = await checkOperation(
        (gate, up) => gatedSilu(gate!, up!),
        (gate, up) => gate.map((x, index) => (x / (1 + Math.exp(-x))) * up[index]!),
        [randomValues(random, shape, 6), randomValues(random, shape)],
      )
      expect(value).toBeLessThan(1e-5)
      expect(gradient).toBeLessThan(1e-4)
    },
  )

  it('takes sizes not known yet, and numbers far from 0', async () => {
    const random = randomSource(12)
    const inputs = [randomValues(random, [3, 4]), randomValues(random, [3, 4])]
    const shapes = [
      ['rows', 4],
      ['rows', 4],
    ]
    expect(await checkSymbolic((gate, up) => gatedSilu(gate!, up!), inputs, shapes)).toBe(0)
    const far = { shape: [2], data: Float64Array.of(-90, 90) }
    const { data } = await evaluate(
      (gate, up) => gatedSilu(gate!, up!),
      [far, { shape: [2], data: Float64Array.of(2, 2) }],
    )
    expect(data[0]).toBeCloseTo(0, 5)
    expect(data[1]).toBeCloseTo(180, 4)
  })

  it('wants operands of one shape', () => {
    expect(() => gatedSilu(input('gate', [2, 3]), input('up', [3]))).toThrow(/gate of \[2, 3\].*\[3\]/)
  })
})
