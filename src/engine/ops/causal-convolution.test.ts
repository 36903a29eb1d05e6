import { describe, expect, it } from 'vitest'
import { largestRunDifference } from '../testing-symbolic.ts'
import { gradients } from '../gradient.ts'
import { compile } from '../lowering.ts'
import { Session, floats } from '../session.ts'
import { checkOperation, evaluate, randomSource, randomValues, type Values } from '../testing.ts'
import { input } from '../tensor.ts'
import type { Dimension } from '../dimension.ts'
import { causalConvolution } from './causal-convolution.ts'
import { convolution } from './convolution.ts'
import { multiply } from './multiply.ts'
import { transpose } from './transpose.ts'

function reference(batch: number, length: number, width: number, kernel: number) {
  return (
    x: Float64Array,
    weight: Float64Array,
    bias?: Float64Array,
    state?: Float64Array,
    seen?: Float64Array,
  ) =>
    Float64Array.from({ length: batch * length * width }, (_, at) => {
      const [n, t, c] = [Math.floor(at / (length * width)), Math.floor(at / width) % length, at % width]
      let total = bias?.[c] ?? 0
      for (let k = 0; k < kernel; k++) {
        const step = t + k - (kernel - 1)
        const places = kernel - 1 - k
        if (places > 0 && seen?.[(n * length + t) * (kernel - 1) + places - 1] === 0) continue
        const past = state?.[(n * (kernel - 1) + step + kernel - 1) * width + c] ?? 0
        total += weight[c * kernel + k]! * (step < 0 ? past : x[(n * length + step) * width + c]!)
      }
      return total
    })
}

describe('causalConvolution', () => {
  it.each([
    { batch: 1, length: 1, width: 1, kernel: 2 },
    { batch: 2, length: 5, width: 3, kernel: 4 },
    // Shorter than what the kernel sees.
    { batch: 2, length: 2, width: 3, kernel: 4 },
    { batch: 1, length: 7, width: 2, kernel: 3 },
  ])('matches the sum and its gradients for %o', async ({ batch, length, width, kernel }) => {
    const random = randomSource(71)
    const all = [
      randomValues(random, [batch, length, width]),
      randomValues(random, [width, 1, kernel]),
      randomValues(random, [width]),
      randomValues(random, [batch, kernel - 1, width]),
    ]
    for (const count of [2, 3, 4]) {
      const { value, gradient } = await checkOperation(
        (x, weight, bias, state) =>
          causalConvolution(x!, weight!, { ...(bias && { bias }), ...(state && { state }) }).output,
        reference(batch, length, width, kernel),
        all.slice(0, count),
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('leaves out what a step does not see, forward and backward', async () => {
    const [batch, length, width, kernel] = [2, 6, 3, 4]
    const random = randomSource(75)
    const places = randomValues(random, [batch, length, kernel - 1])
    const seen = { ...places, data: places.data.map((value) => (value > 0 ? 1 : 0)), fixed: true }
    expect(new Set(seen.data)).toEqual(new Set([0, 1]))
    const all = [
      randomValues(random, [batch, length, width]),
      randomValues(random, [width, 1, kernel]),
      randomValues(random, [width]),
      randomValues(random, [batch, kernel - 1, width]),
    ]
    const { value, gradient } = await checkOperation(
      (x, weight, bias, state, seen) =>
        causalConvolution(x!, weight!, { bias: bias!, state: state!, seen: seen! }).output,
      reference(batch, length, width, kernel),
      [...all, seen],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('goes on from its state: step by step it gives what one run gives', async () => {
    const random = randomSource(72)
    const [batch, length, width, kernel] = [2, 6, 3, 4]
    const x = randomValues(random, [batch, length, width])
    const weight = randomValues(random, [width, 1, kernel])
    const bias = randomValues(random, [width])
    const whole = reference(batch, length, width, kernel)(x.data, weight.data, bias.data)
    let state: Values = { shape: [batch, kernel - 1, width], data: new Float64Array(batch * 3 * width) }
    for (const [start, end] of [
      [0, 2],
      [2, 3],
      [3, 6],
    ] as const) {
      const rows = Array.from({ length: batch }, (_, n) =>
        Array.from(x.data.slice((n * length + start) * width, (n * length + end) * width)),
      )
      const part: Values = { shape: [batch, end - start, width], data: Float64Array.from(rows.flat()) }
      const run = (name: 'output' | 'state') =>
        evaluate(
          (x, w, bias, state) => causalConvolution(x!, w!, { bias: bias!, state: state! })[name],
          [part, weight, bias, state],
        )
      const [output, next] = [await run('output'), await run('state')]
      ;[...(output.data as Float32Array)].forEach((value, at) => {
        const [n, rest] = [Math.floor(at / ((end - start) * width)), at % ((end - start) * width)]
        expect(value).toBeCloseTo(whole[(n * length + start) * width + rest]!, 6)
      })
      expect(next.shape).toEqual([batch, kernel - 1, width])
      state = { shape: next.shape, data: Float64Array.from(next.data as Float32Array) }
    }
  })

  it('is the depthwise convolution padded on the left, in another layout', async () => {
    const random = randomSource(73)
    const values = [randomValues(random, [2, 5, 3]), randomValues(random, [3, 1, 4])]
    const same = await evaluate((x, w) => causalConvolution(x!, w!).output, values)
    const other = await evaluate((x, w) => {
      const y = convolution(transpose(x!, [0, 2, 1]), w!, { padding: [[3, 0]], groups: 3 })
      return transpose(y, [0, 2, 1])
    }, values)
    same.data.forEach((value: number | bigint, at: number) => {
      expect(value).toBeCloseTo(other.data[at] as number, 6)
    })
  })

  it('gives the same for a batch and a length not known yet', async () => {
    const program = (batch: Dimension, length: Dimension) => {
      const x = input('x', [batch, length, 3], 'float32', true)
      const w = input('w', [3, 1, 4], 'float32', true)
      const seen = input('seen', [1, length, 3])
      const { output, state } = causalConvolution(x, w, { seen })
      const [dx, dw] = gradients(output, [x, w], multiply(output, output))
      return compile({ output, state, dx: dx!, dw: dw! })
    }
    const symbolic = await Session.create(program('batch', 'length'))
    for (const length of [1, 2, 6]) {
      const random = randomSource(74)
      const values = (shape: number[]) => floats(Float32Array.from(randomValues(random, shape).data), shape)
      const given = { x: values([2, length, 3]), w: values([3, 1, 4]), seen: values([1, length, 3]) }
      const fixed = await Session.create(program(2, length))
      const [expected, actual] = [await fixed.run(given), await symbolic.run(given)]
      await fixed.release()
      expect(largestRunDifference(expected, actual)).toBeLessThan(5e-6)
    }
    await symbolic.release()
  })

  it('names the shapes that do not fit', () => {
    const x = input('x', [2, 5, 3])
    const w = input('w', [3, 1, 4])
    expect(() => causalConvolution(x, input('w', [4, 1, 4]))).toThrow(/\[2, 5, 3\], \[4, 1, 4\] are not/)
    expect(() => causalConvolution(x, input('w', [3, 1, 1]))).toThrow(/kernel ≥ 2/)
    expect(() => causalConvolution(input('x', [5, 3]), w)).toThrow(/\[5, 3\], \[3, 1, 4\]/)
    expect(() => causalConvolution(x, w, { bias: input('b', [4]) })).toThrow(/\[4\].*a bias of \[width\]/)
    const state = input('s', [2, 4, 3])
    expect(() => causalConvolution(x, w, { state })).toThrow(/\[2, 4, 3\].*kernel − 1/)
  })
})
