import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { gradients } from '../gradient.ts'
import { input, type Tensor } from '../tensor.ts'
import { linear } from './linear.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { sum } from './sum.ts'

function reference(rows: number, inner: number, out: number) {
  return (x: Float64Array, w: Float64Array, b?: Float64Array) =>
    Float64Array.from({ length: rows * out }, (_, index) => {
      const row = Math.floor(index / out)
      const column = index % out
      let total = b?.[column] ?? 0
      for (let k = 0; k < inner; k++) total += x[row * inner + k]! * w[column * inner + k]!
      return total
    })
}

describe('linear', () => {
  it.each([
    { shape: [4, 3], out: 5 },
    { shape: [2, 3, 7], out: 1 },
    { shape: [1, 1, 2, 3], out: 4 },
  ])('is x · Wᵀ + b with its gradients for $shape → $out', async ({ shape, out }) => {
    const random = randomSource(7)
    const inner = shape.at(-1)!
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1)
    const x = randomValues(random, shape)
    const w = randomValues(random, [out, inner])
    const b = randomValues(random, [out])
    for (const inputs of [
      [x, w],
      [x, w, b],
    ]) {
      const { value, gradient } = await checkOperation(
        (input, weight, bias) => linear(input!, weight!, bias),
        reference(rows, inner, out),
        inputs,
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it.each([
    { inner: 3, out: 8, title: 'wider than its input' },
    { inner: 8, out: 3, title: 'narrower than its input' },
  ])('has the same gradients where each row is weighed after it, $title', async ({ inner, out }) => {
    const random = randomSource(9)
    const [x, w, b, weights] = [
      randomValues(random, [2, 2, inner]),
      randomValues(random, [out, inner]),
      randomValues(random, [out]),
      { ...randomValues(random, [4, 1]), fixed: true },
    ]
    const plain = reference(4, inner, out)
    const { value, gradient } = await checkOperation(
      (input, weight, bias, factors) => multiply(reshape(linear(input!, weight!, bias), [4, out]), factors!),
      (xs, ws, bs, factors) => plain(xs, ws, bs).map((y, index) => y * factors![Math.floor(index / out)]!),
      [x, w, b, weights],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('applies the weights of rows to the narrower side', () => {
    const x = input('x', [4, 3], 'float32', true)
    const weight = input('w', [8, 3], 'float32', true)
    const weighed = multiply(linear(x, weight), input('factors', [4, 1]))
    const loss = sum(reshape(weighed, [32]), [0])
    const wide: string[] = []
    const seen = new Set<Tensor>()
    const visit = (tensor: Tensor) => {
      if (seen.has(tensor) || tensor.origin.kind !== 'node') return
      seen.add(tensor)
      if (tensor.origin.node.name === 'multiply') wide.push(tensor.shape.join())
      tensor.origin.node.inputs.forEach(visit)
    }
    gradients(loss, [x, weight]).forEach(visit)
    expect(wide).not.toContain('8,3')
    expect(wide.filter((shape) => shape === '4,3')).toHaveLength(2)
  })

  it('names the shapes that do not fit', async () => {
    const random = randomSource(1)
    const inputs = [randomValues(random, [2, 3]), randomValues(random, [4, 5])]
    await expect(
      checkOperation(
        (x, w) => linear(x!, w!),
        () => [],
        inputs,
      ),
    ).rejects.toThrow(/\[2, 3\].*\[4, 5\]/)
  })
})
