import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { compile } from '../lowering.ts'
import { Session, floats } from '../session.ts'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import type { Dimension } from '../dimension.ts'
import { convolution, type ConvolutionOptions } from './convolution.ts'
import { multiply } from './multiply.ts'
import { sum } from './sum.ts'

interface Case {
  readonly x: readonly number[]
  readonly weight: readonly number[]
  readonly stride?: readonly number[]
  readonly padding?: readonly (readonly [number, number])[]
  readonly dilation?: readonly number[]
  readonly groups?: number
}

function everyIndex(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, at) => [...index, at])),
    [[]],
  )
}

/** The place of an index in a flat array, or undefined where it lies outside. */
function place(index: readonly number[], shape: readonly number[]): number | undefined {
  let flat = 0
  for (const [axis, at] of index.entries()) {
    if (at < 0 || at >= shape[axis]!) return undefined
    flat = flat * shape[axis]! + at
  }
  return flat
}

/** The sum of the docstring, one product after the other; which elements meet is found once. */
function reference(test: Case) {
  const [batch, , ...sizes] = test.x
  const [out, inner, ...kernel] = test.weight
  const groups = test.groups ?? 1
  const axes = sizes.map((size, axis) => {
    const [before, after] = test.padding?.[axis] ?? [0, 0]
    const [step, spread] = [test.stride?.[axis] ?? 1, test.dilation?.[axis] ?? 1]
    const span = spread * (kernel[axis]! - 1) + 1
    return { before, step, spread, size: Math.floor((size + before + after - span) / step) + 1 }
  })
  const shape = [batch!, out!, ...axes.map(({ size }) => size)]
  const products: { y: number; x: number; weight: number }[] = []
  for (const [n, o, ...places] of everyIndex(shape)) {
    const group = Math.floor(o! / (out! / groups))
    for (const [i, ...taps] of everyIndex([inner!, ...kernel])) {
      const source = taps.map((tap, axis) => {
        const { before, step, spread } = axes[axis]!
        return places[axis]! * step + tap * spread - before
      })
      const x = place([n!, group * inner! + i!, ...source], test.x)
      const y = place([n!, o!, ...places], shape)!
      if (x !== undefined) products.push({ y, x, weight: place([o!, i!, ...taps], test.weight)! })
    }
  }
  const perChannel = axes.reduce((total, { size }) => total * size, 1)
  const total = batch! * out! * perChannel
  return (x: Float64Array, weight: Float64Array, bias?: Float64Array) => {
    const y = Float64Array.from({ length: total }, (_, at) => bias?.[Math.floor(at / perChannel) % out!] ?? 0)
    for (const product of products) y[product.y]! += x[product.x]! * weight[product.weight]!
    return y
  }
}

/** The largest differences with a bias and without. */
async function differences(test: Case): Promise<{ value: number; gradient: number }> {
  const { x, weight, ...options } = test
  const random = randomSource(61)
  const inputs = [randomValues(random, x), randomValues(random, weight), randomValues(random, [weight[0]!])]
  const found = []
  for (const count of [2, 3]) {
    found.push(
      await checkOperation(
        (x, weight, bias) => convolution(x!, weight!, { ...options, ...(bias && { bias }) }),
        reference(test),
        inputs.slice(0, count),
      ),
    )
  }
  return {
    value: Math.max(...found.map(({ value }) => value)),
    gradient: Math.max(...found.map(({ gradient }) => gradient)),
  }
}

describe('convolution', () => {
  it.each<Case>([
    { x: [1, 1, 1], weight: [1, 1, 1] },
    { x: [2, 3, 7], weight: [4, 3, 3], padding: [[1, 1]] },
    { x: [2, 3, 5], weight: [2, 3, 1], stride: [2] },
    // Nothing, one and two places are left over after the last window.
    { x: [1, 2, 7], weight: [3, 2, 4], stride: [3] },
    { x: [1, 2, 8], weight: [3, 2, 4], stride: [3] },
    { x: [1, 2, 9], weight: [3, 2, 4], stride: [3] },
    // Windows that leave out places between them.
    { x: [2, 1, 9], weight: [2, 1, 2], stride: [4], padding: [[1, 0]] },
    { x: [2, 2, 9], weight: [2, 2, 3], dilation: [3], padding: [[2, 4]] },
    { x: [2, 4, 6], weight: [6, 2, 3], groups: 2, padding: [[0, 2]] },
    { x: [2, 3, 6], weight: [3, 1, 4], groups: 3, padding: [[3, 0]] },
    { x: [1, 2, 9], weight: [4, 1, 2], groups: 2, stride: [2], dilation: [3], padding: [[1, 2]] },
    { x: [2, 3, 9], weight: [3, 1, 3], groups: 3, stride: [2], dilation: [2], padding: [[1, 2]] },
    // More zeros than the kernel is wide: windows that see nothing.
    { x: [1, 2, 3], weight: [2, 2, 2], padding: [[3, 2]] },
    // Many taps.
    { x: [2, 4, 12], weight: [4, 2, 17], groups: 2, padding: [[8, 8]] },
    { x: [1, 2, 44], weight: [2, 1, 18], groups: 2, stride: [3], dilation: [2], padding: [[1, 2]] },
  ])('of one axis matches the sum and its gradients for %j', async (test) => {
    const { value, gradient } = await differences(test)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it.each<Case>([
    {
      x: [2, 2, 4, 5],
      weight: [3, 2, 3, 2],
      padding: [
        [1, 1],
        [0, 1],
      ],
    },
    {
      x: [1, 3, 6, 5],
      weight: [2, 3, 2, 3],
      stride: [2, 3],
      padding: [
        [0, 0],
        [2, 1],
      ],
    },
    {
      x: [1, 2, 6, 7],
      weight: [2, 1, 3, 2],
      groups: 2,
      dilation: [2, 3],
      padding: [
        [2, 2],
        [1, 2],
      ],
    },
    { x: [2, 2, 5, 6], weight: [4, 1, 2, 3], groups: 2, stride: [2, 1], dilation: [1, 2] },
    { x: [1, 1, 1, 4], weight: [1, 1, 1, 2] },
    // Many taps: patches with a row left over, and a large kernel whose windows overlap.
    { x: [2, 3, 9, 10], weight: [2, 3, 4, 5], stride: [4, 5] },
    {
      x: [1, 4, 11, 6],
      weight: [2, 2, 5, 4],
      groups: 2,
      stride: [2, 1],
      dilation: [2, 1],
      padding: [
        [1, 0],
        [2, 1],
      ],
    },
  ])('of two axes matches the sum and its gradients for %j', async (test) => {
    const { value, gradient } = await differences(test)
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('takes one number for all axes', () => {
    const options: ConvolutionOptions = { stride: 2, padding: 1, dilation: 2 }
    const y = convolution(input('x', ['batch', 3, 10, 11]), input('w', [4, 3, 3, 3]), options)
    expect(y.shape).toEqual(['batch', 4, 4, 5])
  })

  it.each<{ weight: number[]; options: ConvolutionOptions; name: Dimension; groups: number }>([
    { weight: [4, 2, 3], options: { padding: 1 }, name: 'length', groups: 1 },
    { weight: [4, 1, 3], options: { padding: [[2, 0]], groups: 2 }, name: 'length', groups: 2 },
    { weight: [4, 2, 3], options: { stride: 2, padding: 1 }, name: 'floor((length+1)/2)', groups: 1 },
    { weight: [4, 2, 17], options: { stride: 3, padding: 8 }, name: 'floor((length+2)/3)', groups: 1 },
  ])(
    'gives the same for a batch and a length not known yet, with $options',
    async ({ weight, options, name }) => {
      const program = (batch: Dimension, length: Dimension) => {
        const x = input('x', [batch, 2, length], 'float32', true)
        const w = input('w', weight, 'float32', true)
        const y = convolution(x, w, options)
        // A seed of the result's shape: a sum's gradient would have to repeat to a size that no input has.
        const [dx, dw] = gradients(y, [x, w], multiply(y, y))
        return { y, program: compile({ y, dx: dx!, dw: dw! }) }
      }
      expect(program('batch', 'length').y.shape).toEqual(['batch', 4, name])
      const symbolic = await Session.create(program('batch', 'length').program)
      for (const length of [5, 6, 7]) {
        const random = randomSource(62)
        const values = (shape: number[]) => floats(Float32Array.from(randomValues(random, shape).data), shape)
        const given = { x: values([3, 2, length]), w: values(weight) }
        const fixed = await Session.create(program(3, length).program)
        const [expected, actual] = [await fixed.run(given), await symbolic.run(given)]
        await fixed.release()
        for (const [key, { data, shape }] of Object.entries(expected)) {
          expect(actual[key]!.shape).toEqual(shape)
          data.forEach((value: number | bigint, index: number) => {
            expect(actual[key]!.data[index]).toBeCloseTo(Number(value), 5)
          })
        }
      }
      await symbolic.release()
    },
  )

  it('leaves out the gradient of what is fixed', () => {
    const x = input('x', [1, 2, 4])
    const w = input('w', [3, 2, 2], 'float32', true)
    const [dw] = gradients(sum(convolution(x, w), [0, 1, 2]), [w])
    expect(dw!.shape).toEqual([3, 2, 2])
  })

  it('names the shapes and settings that do not fit', () => {
    const x = input('x', [1, 4, 5])
    const w = input('w', [6, 4, 3])
    expect(() => convolution(x, input('w', [6, 3, 3]))).toThrow(/\[1, 4, 5\].*\[6, 3, 3\] in 1 groups/)
    expect(() => convolution(x, w, { groups: 2 })).toThrow(/\[6, 4, 3\] in 2 groups/)
    expect(() => convolution(x, input('w', [5, 2, 3]), { groups: 2 })).toThrow(/\[5, 2, 3\]/)
    expect(() => convolution(x, input('w', [6, 4, 3, 3]))).toThrow(/\[6, 4, 3, 3\]/)
    expect(() => convolution(input('x', [1, 4]), input('w', [6, 4]))).toThrow(/\[1, 4\]/)
    expect(() => convolution(x, w, { bias: input('b', [5]) })).toThrow(/bias of \[5\]/)
    expect(() => convolution(x, input('w', [6, 4, 6]))).toThrow(/kernel of \[6\] is larger than \[1, 4, 5\]/)
    expect(() => convolution(x, w, { stride: 0 })).toThrow(/stride \[0\].*1 spatial axes/)
    expect(() => convolution(x, w, { stride: [1, 1] })).toThrow(/stride \[1, 1\]/)
    expect(() => convolution(x, w, { padding: -1 })).toThrow(/padding \[-1\]/)
    expect(() => convolution(x, w, { dilation: 1.5 })).toThrow(/dilation \[1.5\]/)
  })
})
