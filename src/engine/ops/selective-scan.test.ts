import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { compile } from '../lowering.ts'
import { Session, floats, type HostTensor } from '../session.ts'
import { checkOperation, evaluate, randomSource, randomValues, type Values } from '../testing.ts'
import { input, type Tensor } from '../tensor.ts'
import type { Dimension } from '../dimension.ts'
import { concatenate } from './concatenate.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { selectiveScan, type SelectiveScan } from './selective-scan.ts'
import { sum } from './sum.ts'

interface Sizes {
  readonly batch: number
  readonly length: number
  readonly width: number
  readonly state: number
}

/** The recurrence one step after the other; y, followed by the last state. */
function reference({ batch, length, width, state }: Sizes) {
  return (...[x, delta, a, b, c, d, start]: Float64Array[]) => {
    const y = new Float64Array(batch * length * width)
    const h = start?.slice() ?? new Float64Array(batch * width * state)
    for (let n = 0; n < batch; n++) {
      for (let t = 0; t < length; t++) {
        for (let w = 0; w < width; w++) {
          const at = (n * length + t) * width + w
          let total = d![w]! * x![at]!
          for (let s = 0; s < state; s++) {
            const place = (n * width + w) * state + s
            const [write, read] = [b, c].map((rows) => rows![(n * length + t) * state + s]!)
            h[place] = Math.exp(delta![at]! * a![w * state + s]!) * h[place]! + delta![at]! * write! * x![at]!
            total += read! * h[place]!
          }
          y[at] = total
        }
      }
    }
    return Float64Array.from([...y, ...h])
  }
}

function randomInputs({ batch, length, width, state }: Sizes, seed: number): Values[] {
  const random = randomSource(seed)
  return [
    randomValues(random, [batch, length, width]),
    randomValues(random, [batch, length, width], 0.4, 0.5),
    randomValues(random, [width, state], 1, -1.1),
    randomValues(random, [batch, length, state]),
    randomValues(random, [batch, length, state]),
    randomValues(random, [width]),
    randomValues(random, [batch, width, state]),
  ]
}

function scan(tensors: readonly Tensor[]): SelectiveScan {
  const [x, delta, a, b, c, d, state, forget] = tensors as [
    ...[Tensor, Tensor, Tensor, Tensor, Tensor],
    ...(Tensor | undefined)[],
  ]
  const given = { x, delta, a, b, c, ...(d && { d }), ...(state && { state }), ...(forget && { forget }) }
  return selectiveScan(given)
}

/** Both results in a row, so that both are checked and both pass a gradient back. */
function joined(tensors: readonly Tensor[]): Tensor {
  const { output, state } = scan(tensors)
  const flat = (tensor: Tensor) =>
    reshape(tensor, [(tensor.shape as number[]).reduce((total, size) => total * size, 1)])
  return concatenate([flat(output), flat(state)], 0)
}

describe('selectiveScan', () => {
  it.each([
    { batch: 2, length: 1, width: 3, state: 2 },
    { batch: 1, length: 3, width: 2, state: 3 },
    { batch: 2, length: 4, width: 1, state: 2 },
    { batch: 2, length: 5, width: 3, state: 1 },
    { batch: 1, length: 8, width: 2, state: 2 },
    { batch: 2, length: 17, width: 3, state: 2 },
  ])('matches the recurrence and its gradients for %o', async (sizes) => {
    const inputs = randomInputs(sizes, 81)
    for (const count of [6, 7]) {
      const { value, gradient } = await checkOperation(
        (...tensors) => joined(tensors),
        reference(sizes),
        inputs.slice(0, count),
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('matches where one of the two results is not used', async () => {
    const sizes = { batch: 1, length: 3 * 16 + 5, width: 2, state: 2 }
    const inputs = randomInputs(sizes, 82)
    const results = sizes.batch * sizes.length * sizes.width
    for (const [name, start, end] of [
      ['output', 0, results],
      ['state', results, results + sizes.width * sizes.state],
    ] as const) {
      const { value, gradient } = await checkOperation(
        // The state does not depend on D.
        (...tensors) => scan(tensors)[name],
        (...values) => reference(sizes)(...values).slice(start, end),
        inputs.map((values, index) => ({
          ...values,
          fixed: name === 'state' && index === 5,
        })),
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('needs no D', async () => {
    const sizes = { batch: 1, length: 5, width: 2, state: 2 }
    const inputs = randomInputs(sizes, 83).slice(0, 5)
    const result = await evaluate((...tensors) => scan(tensors).output, inputs)
    const expected = reference(sizes)(...inputs.map(({ data }) => data), new Float64Array(2))
    ;[...(result.data as Float32Array)].forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 6))
  })

  it('gives in two halves, with the state carried, what one run gives', async () => {
    const sizes = { batch: 2, length: 13, width: 3, state: 2 }
    const [x, delta, a, b, c, d] = randomInputs(sizes, 84)
    const whole = await evaluate((...tensors) => scan(tensors).output, [x!, delta!, a!, b!, c!, d!])
    const part = ({ shape, data }: Values, start: number, end: number): Values => {
      const [batch, length, width] = shape as [number, number, number]
      const rows = Array.from({ length: batch }, (_, n) =>
        Array.from(data.slice((n * length + start) * width, (n * length + end) * width)),
      )
      return { shape: [batch, end - start, width], data: Float64Array.from(rows.flat()) }
    }
    let state: Values = { shape: [2, 3, 2], data: new Float64Array(12) }
    for (const [start, end] of [
      [0, 6],
      [6, 7],
      [7, 13],
    ] as const) {
      const cut = (values: Values | undefined) => part(values!, start, end)
      const given = [cut(x), cut(delta), a!, cut(b), cut(c), d!, state]
      const output = await evaluate((...tensors) => scan(tensors).output, given)
      const next = await evaluate((...tensors) => scan(tensors).state, given)
      const expected = part(
        { shape: whole.shape, data: Float64Array.from(whole.data as Float32Array) },
        start,
        end,
      )
      output.data.forEach((value: number | bigint, at: number) => {
        expect(value).toBeCloseTo(expected.data[at]!, 6)
      })
      state = { shape: next.shape, data: Float64Array.from(next.data as Float32Array) }
    }
  })

  it('neither overflows nor leaves NaN where everything or nothing decays', async () => {
    const [batch, length, width, state] = [1, 11, 2, 2]
    const fill = (shape: number[], value: (at: number) => number): Values => ({
      shape,
      data: Float64Array.from({ length: shape.reduce((p, q) => p * q, 1) }, (_, at) => value(at)),
    })
    const ones = (shape: number[]) => fill(shape, () => 1)
    const inputs = [
      ones([batch, length, width]),
      // 10⁴ on one channel, so that exponents reach −10⁸; 0 on the other, whose state stays as it was.
      fill([batch, length, width], (at) => (at % 2 === 0 ? 1e4 : 0)),
      fill([width, state], (at) => -1e4 * (at + 1)),
      ones([batch, length, state]),
      ones([batch, length, state]),
      fill([width], () => 0),
      ones([batch, width, state]),
    ]
    const output = await evaluate((...tensors) => scan(tensors).output, inputs)
    expect([...(output.data as Float32Array)]).toEqual(
      Array.from({ length: length * width }, (_, at) => (at % 2 === 0 ? 2e4 : 2)),
    )
    for (const target of [0, 1, 2, 3, 4, 6]) {
      const slope = await evaluate(
        (...tensors) => gradients(sum(scan(tensors).output, [0, 1, 2]), [tensors[target]!])[0]!,
        inputs,
      )
      expect([...(slope.data as Float32Array)].every(Number.isFinite)).toBe(true)
    }
  })

  const feeds = ({ batch, length, width, state }: Sizes): Record<string, HostTensor> => {
    const values = randomInputs({ batch, length, width, state }, 85)
    return Object.fromEntries(
      ['x', 'delta', 'a', 'b', 'c', 'd', 'state'].map((name, index) => {
        const { shape, data } = values[index]!
        return [name, floats(Float32Array.from(data), shape)]
      }),
    )
  }

  const symbols = (batch: Dimension, length: Dimension) =>
    [
      input('x', [batch, length, 3], 'float32', true),
      input('delta', [batch, length, 3], 'float32', true),
      input('a', [3, 2], 'float32', true),
      input('b', [batch, length, 2], 'float32', true),
      input('c', [batch, length, 2], 'float32', true),
      input('d', [3], 'float32', true),
      input('state', [batch, 3, 2], 'float32', true),
    ] as const

  /** The largest difference between what a program of named sizes gives and what the programs of each length give. */
  async function largestDifference(
    program: (batch: Dimension, length: Dimension) => Record<string, Tensor>,
    named: readonly [Dimension, Dimension],
    lengths: readonly number[],
    feeding: readonly string[],
  ): Promise<number> {
    let largest = 0
    const symbolic = await Session.create(compile(program(...named)))
    for (const length of lengths) {
      const all = feeds({ batch: 2, length, width: 3, state: 2 })
      const given = Object.fromEntries(feeding.map((name) => [name, all[name]!]))
      const fixed = await Session.create(compile(program(2, length)))
      const [expected, actual] = [await fixed.run(given), await symbolic.run(given)]
      await fixed.release()
      for (const [name, { data, shape }] of Object.entries(expected)) {
        expect(actual[name]!.shape).toEqual(shape)
        const differences = Array.from(data as Float32Array, (value, at) =>
          Math.abs(value - Number(actual[name]!.data[at])),
        )
        largest = Math.max(largest, ...differences)
      }
    }
    await symbolic.release()
    return largest
  }

  it('gives the same for a batch not known yet, with its gradients', async () => {
    for (const count of [6, 7]) {
      const names = ['x', 'delta', 'a', 'b', 'c', 'd', 'state'].slice(0, count)
      const program = (batch: Dimension, length: Dimension) => {
        const tensors = symbols(batch, length).slice(0, count)
        const { output, state } = scan(tensors)
        const slopes = gradients(output, tensors, multiply(output, output))
        return {
          output,
          last: state,
          ...Object.fromEntries(slopes.map((slope, at) => [`d${names[at]}`, slope])),
        }
      }
      expect(await largestDifference(program, ['batch', 11], [11], names)).toBeLessThan(1e-5)
    }
  })

  it('gives the same for a length not known yet, with its gradients', async () => {
    for (const count of [6, 7]) {
      const names = ['x', 'delta', 'a', 'b', 'c', 'd', 'state'].slice(0, count)
      const program = (batch: Dimension, length: Dimension) => {
        const tensors = symbols(batch, length).slice(0, count)
        const { output, state } = scan(tensors)
        const slopes = gradients(output, tensors, multiply(output, output))
        const last = gradients(state, tensors.slice(0, 4), multiply(state, state))
        return {
          output,
          last: state,
          ...Object.fromEntries(slopes.map((slope, at) => [`d${names[at]}`, slope])),
          ...Object.fromEntries(last.map((slope, at) => [`last${names[at]}`, slope])),
        }
      }
      const lengths = [1, 2, 9, 29]
      expect(await largestDifference(program, ['batch', 'length'], lengths, names)).toBeLessThan(1e-5)
    }
  })

  it('forgets what came before a step, as if another sequence began', async () => {
    const sizes = { batch: 2, length: 11, width: 3, state: 2 }
    const inputs = randomInputs(sizes, 86)
    const { length, width } = sizes
    // The first row begins anew twice in a row, the second at once after its first step.
    const begins = [
      [3, 4],
      [1, length - 1],
    ]
    const forget: Values = {
      shape: [2, length, 1],
      data: Float64Array.from({ length: 2 * length }, (_, at) =>
        begins[Math.floor(at / length)]!.includes(at % length) ? 1e9 : 0,
      ),
      fixed: true,
    }
    /** The recurrence with its state emptied where a sequence begins. */
    const apart = (...[x, delta, a, b, c, d, start]: Float64Array[]) => {
      const y = new Float64Array(2 * length * width)
      for (let n = 0; n < 2; n++) {
        const edges = [0, ...begins[n]!, length]
        for (let part = 0; part < 3; part++) {
          const [from, to] = [edges[part]!, edges[part + 1]!]
          const cut = (rows: Float64Array, size: number) =>
            rows.slice((n * length + from) * size, (n * length + to) * size)
          const initial = start!.slice(n * 6, (n + 1) * 6).map((value) => (part === 0 ? value : 0))
          const one = reference({ batch: 1, length: to - from, width, state: 2 })
          const values = one(cut(x!, 3), cut(delta!, 3), a!, cut(b!, 2), cut(c!, 2), d!, initial)
          y.set(values.slice(0, (to - from) * width), (n * length + from) * width)
        }
      }
      return y
    }
    const { value, gradient } = await checkOperation(
      (...tensors) => scan(tensors).output,
      (...values) => apart(...values),
      [...inputs, forget],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('names the shapes that do not fit', () => {
    const [x, delta, a, b, c, d, state] = symbols(2, 5)
    const given = { x, delta, a, b, c, d, state }
    expect(() => selectiveScan({ ...given, delta: input('delta', [2, 4, 3]) })).toThrow(
      'selectiveScan: delta is [2, 4, 3], but x of [2, 5, 3] and a of [3, 2] ask for [2, 5, 3]',
    )
    expect(() => selectiveScan({ ...given, a: input('a', [4, 2]) })).toThrow(/a is \[4, 2\].*\[3, 2\]/)
    expect(() => selectiveScan({ ...given, b: input('b', [2, 5, 3]) })).toThrow(/b is \[2, 5, 3\]/)
    expect(() => selectiveScan({ ...given, c: input('c', [1, 5, 2]) })).toThrow(/c is \[1, 5, 2\]/)
    expect(() => selectiveScan({ ...given, d: input('d', [2]) })).toThrow(/d is \[2\].*ask for \[3\]/)
    expect(() => selectiveScan({ ...given, state: input('s', [2, 2, 3]) })).toThrow(/state is \[2, 2, 3\]/)
    expect(() => selectiveScan({ ...given, forget: input('f', [3, 5, 1]) })).toThrow(/ask for \[2, 5, 1\]/)
    expect(() => selectiveScan({ ...given, x: input('x', [5, 3]) })).toThrow(/x of \[5, 3\].*are not/)
    expect(() => selectiveScan({ ...given, a: input('a', [3, 'n']) })).toThrow(/a of \[3, n\]/)
  })
})
