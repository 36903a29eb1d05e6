import { describe, expect, it } from 'vitest'
import { compile } from '../lowering.ts'
import { gradients } from '../gradient.ts'
import { floats, type HostTensor } from '../session.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { randomSource, randomValues, runOnce, type Values } from '../testing.ts'
import { input, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { int8Linear } from './int8-linear.ts'
import { linear } from './linear.ts'

interface Given {
  readonly x: Values
  readonly w: Values
  /** What flows into y. */
  readonly dy: Values
  readonly b?: Values
}

interface Products {
  readonly y: Float32Array
  readonly dx: Float32Array
  readonly dw: Float32Array
  readonly db?: Float32Array
}

const rowsOf = ({ shape }: Values) => shape.slice(0, -1).reduce((total, size) => total * size, 1)

function given(shape: readonly number[], out: number, seed = 3, bias = false): Given {
  const random = randomSource(seed)
  return {
    x: randomValues(random, shape),
    w: randomValues(random, [out, shape.at(-1)!], 0.3),
    dy: randomValues(random, [...shape.slice(0, -1), out], 0.01),
    ...(bias && { b: randomValues(random, [out]) }),
  }
}

async function products({ x, w, dy, b }: Given, operation: typeof linear = int8Linear): Promise<Products> {
  const values = { x, w, dy, ...(b && { b }) }
  const symbols = Object.fromEntries(
    Object.entries(values).map(([name, { shape }]) => [name, input(name, shape, 'float32', name !== 'dy')]),
  )
  const y = operation(symbols.x!, symbols.w!, symbols.b)
  const targets = [symbols.x!, symbols.w!, ...(b ? [symbols.b!] : [])]
  const [dx, dw, db] = gradients(y, targets, symbols.dy!)
  const feeds: [string, HostTensor][] = Object.entries(values).map(([name, { data, shape }]) => [
    name,
    floats(Float32Array.from(data), shape),
  ])
  const results = await runOnce({ y, dx: dx!, dw: dw!, ...(db && { db }) }, Object.fromEntries(feeds))
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data]),
  ) as unknown as Products
}

/** A matrix `[rows, columns]` of f64 by its elements. */
type Matrix = (row: number, column: number) => number

const matrix =
  (data: ArrayLike<number>, columns: number): Matrix =>
  (row, column) =>
    data[row * columns + column]!

const turned =
  (of: Matrix): Matrix =>
  (row, column) =>
    of(column, row)

/** Half a step of rounding for each row: 127 steps are its largest magnitude. */
function halfSteps(of: Matrix, rows: number, columns: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let largest = 0
    for (let column = 0; column < columns; column++) largest = Math.max(largest, Math.abs(of(row, column)))
    return largest / 254
  })
}

/**
 * The largest excess over what rounding explains: with |δ| at most half a step on either side,
 * |Σ (a + δa)(b + δb) − Σ a·b| ≤ Σ |a|·δb + |b|·δa + δa·δb.
 */
function excess(
  actual: ArrayLike<number>,
  [left, leftSteps]: readonly [Matrix, readonly number[]],
  [right, rightSteps]: readonly [Matrix, readonly number[]],
  [rows, columns, inner]: readonly [number, number, number],
  offset: (column: number) => number = () => 0,
): number {
  let largest = -Infinity
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let [expected, bound] = [offset(column), 1e-6 * Math.abs(offset(column))]
      const [da, db] = [leftSteps[row]!, rightSteps[column]!]
      for (let k = 0; k < inner; k++) {
        const [a, b] = [left(row, k), right(k, column)]
        expected += a * b
        // Of f32 itself there is an error too.
        bound += Math.abs(a) * db + Math.abs(b) * da + da * db + 1e-6 * Math.abs(a * b)
      }
      const over = Math.abs(actual[row * columns + column]! - expected) - bound
      if (!(over <= largest)) largest = over
    }
  }
  return largest
}

function excesses({ x, w, dy, b }: Given, { y, dx, dw }: Products) {
  const [rows, width, out] = [rowsOf(x), x.shape.at(-1)!, w.shape[0]!]
  const [xs, ws, ys] = [matrix(x.data, width), matrix(w.data, width), matrix(dy.data, out)]
  const half = halfSteps(ys, rows, out)
  // dW is a product of dyₘₙ / gₘ with gₘ xₘₖ, where gₘ is the scale of a row of dy: half a step is ½ on the one side.
  const unit: Matrix = (row, column) => (half[row] === 0 ? 0 : ys(row, column) / (2 * half[row]!))
  const weighed: Matrix = (row, column) => xs(row, column) * 2 * half[row]!
  return [
    excess(
      y,
      [xs, halfSteps(xs, rows, width)],
      [turned(ws), halfSteps(ws, out, width)],
      [rows, out, width],
      (column) => b?.data[column] ?? 0,
    ),
    excess(dx, [ys, half], [ws, halfSteps(turned(ws), width, out)], [rows, width, out]),
    excess(
      dw,
      [turned(unit), Array<number>(out).fill(0.5)],
      [weighed, halfSteps(turned(weighed), width, rows)],
      [out, width, rows],
    ),
  ]
}

const shapes: { shape: number[]; out: number }[] = [
  { shape: [9, 32], out: 6 },
  { shape: [2, 5, 40], out: 3 },
  { shape: [1, 1, 3, 7], out: 17 },
  { shape: [48], out: 2 },
  { shape: [70, 130], out: 65 },
]

describe('int8Linear', () => {
  it.each(shapes)(
    'is x · Wᵀ + b with its gradients for $shape → $out, but for the rounding',
    async ({ shape, out }) => {
      for (const bias of [false, true]) {
        const values = given(shape, out, 3, bias)
        for (const over of excesses(values, await products(values))) expect(over).toBeLessThanOrEqual(0)
      }
    },
  )

  it('has the gradient of its bias in f32', async () => {
    const values = given([2, 5, 40], 3, 3, true)
    expect((await products(values)).db).toEqual((await products(values, linear)).db)
  })

  it('is exact where nothing needs rounding', async () => {
    const random = randomSource(5)
    /** Whole numbers with a power of two for each row, 127 the largest in each row and column. */
    const whole = (rows: number, columns: number, factor: (row: number) => number): Values => ({
      shape: [rows, columns],
      data: Float64Array.from({ length: rows * columns }, (_, index) => {
        const [row, column] = [Math.floor(index / columns), index % columns]
        const number =
          (row - column) % Math.min(rows, columns) === 0 ? -127 : Math.floor(random() * 255) - 127
        return number * factor(row)
      }),
    })
    const values = {
      x: whole(12, 8, () => 0.25),
      w: whole(6, 8, () => 4),
      dy: whole(12, 6, (row) => 2 ** -(row % 3)),
    }
    // dW alone has the scales of rows within its sum; with one for all of them it is exact too.
    const [found, exact] = [await products(values), await products(values, linear)]
    expect(found.y).toEqual(exact.y)
    expect(found.dx).toEqual(exact.dx)
    const even = { ...values, dy: whole(12, 6, () => 0.5) }
    expect((await products(even)).dw).toEqual((await products(even, linear)).dw)
  })

  it('leaves gradients as long as they are, where few rows and columns are nearly all of them', async () => {
    const values = given([512, 64], 48, 9)
    const spread = (data: Float64Array, factor: (index: number) => number) =>
      data.forEach((value, index) => (data[index] = value * factor(index)))
    // Rows of dy over four orders of magnitude, in no order, and columns of x over two.
    spread(values.dy.data, (index) => 10 ** ((-4 * ((Math.floor(index / 48) * 7) % 512)) / 511))
    spread(values.x.data, (index) => 10 ** ((-2 * (index % 64)) / 63))
    const [found, exact] = [await products(values), await products(values, linear)]
    const dot = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, value, index) => sum + value * b[index]!, 0)
    for (const name of ['dx', 'dw'] as const) {
      const size = dot(exact[name], exact[name])
      const error = found[name].map((value, index) => value - exact[name][index]!)
      expect(Math.abs(dot(error, exact[name]) / size)).toBeLessThan(0.003)
      expect(Math.sqrt(dot(error, error) / size)).toBeLessThan(0.02)
    }
    // Nor does a column of x that is a hundredth of the others lose more.
    const last = (data: Float32Array) => data.filter((_, index) => index % 64 === 63)
    const [column, exactColumn] = [last(found.dw), last(exact.dw)]
    expect(Math.abs(dot(column, exactColumn) / dot(exactColumn, exactColumn) - 1)).toBeLessThan(0.01)
  })

  it('keeps rows apart in y and dx', async () => {
    const values = given([3, 64], 40)
    const alone = await products(values)
    for (const { data } of [values.x, values.dy]) {
      const width = data.length / 3
      data.subarray(width, 2 * width).forEach((value, index, row) => (row[index] = value * 1e6))
    }
    const found = await products(values)
    for (const name of ['y', 'dx'] as const) {
      const width = found[name].length / 3
      for (const row of [0, 2]) {
        const place = [row * width, (row + 1) * width] as const
        expect(found[name].slice(...place)).toEqual(alone[name].slice(...place))
      }
    }
  })

  it('makes nothing of nothing: rows, columns and gradients of zeros', async () => {
    const values = given([4, 32], 8)
    values.x.data.fill(0, 0, 32)
    values.w.data.fill(0, 0, 32)
    values.dy.data.fill(0, 8, 16)
    for (let row = 0; row < 4; row++) values.x.data[row * 32 + 5] = 0
    for (let row = 0; row < 8; row++) values.w.data[row * 32 + 6] = 0
    for (const over of excesses(values, await products(values))) expect(over).toBeLessThanOrEqual(0)
    values.dy.data.fill(0)
    const { dx, dw } = await products(values)
    for (const value of [...dx, ...dw]) expect(value + 0).toBe(0)
  })

  describe.each([Number.NaN, Infinity, -Infinity])('with %s', (value) => {
    const finite = (data: Float32Array) => Array.from(data, (number) => Number.isFinite(number))
    const rowsWithout = (row: number, rows: number, width: number) =>
      Array.from({ length: rows * width }, (_, index) => Math.floor(index / width) !== row)

    it('in x makes the row of y and dW none', async () => {
      const values = given([3, 32], 5)
      values.x.data[32 + 7] = value
      const { y, dx, dw } = await products(values)
      expect(finite(y)).toEqual(rowsWithout(1, 3, 5))
      expect(finite(dx)).not.toContain(false)
      expect(finite(dw)).not.toContain(true)
    })

    it('in dy makes the row of dx and dW none', async () => {
      const values = given([3, 32], 5)
      values.dy.data[5 + 3] = value
      const { dx, dw } = await products(values)
      expect(finite(dx)).toEqual(rowsWithout(1, 3, 32))
      expect(finite(dw)).not.toContain(true)
    })

    it('in the weight makes its column of y none', async () => {
      const values = given([3, 32], 5)
      values.w.data[2 * 32 + 9] = value
      expect(finite((await products(values)).y)).toEqual(
        Array.from({ length: 15 }, (_, index) => index % 5 !== 2),
      )
    })
  })

  it('takes sizes not known yet', async () => {
    const random = randomSource(11)
    const inputs = [
      randomValues(random, [2, 3, 40]),
      randomValues(random, [5, 40]),
      randomValues(random, [5]),
    ]
    const difference = await checkSymbolic((x, w, b) => int8Linear(x!, w!, b), inputs, [
      ['batch', 'length', 40],
      [5, 40],
      [5],
    ])
    expect(difference).toBe(0)
  })

  it('rounds what several layers read once, and computes no gradient that nobody asks for', () => {
    const x = input('x', [2, 3, 32], 'float32', true)
    const weights = ['q', 'k', 'v'].map((name) => input(name, [32, 32], 'float32', true))
    const [q, k, v] = weights.map((weight) => int8Linear(x, weight))
    const y = add(add(q!, k!), v!)
    const count = (outputs: readonly Tensor[], name: string) =>
      compile(
        Object.fromEntries(outputs.map((tensor, index) => [`output${index}`, tensor])),
      ).operations.filter((operation) => operation.name === name).length
    expect(count([y], 'roundedRows')).toBe(1)
    const flow = input('flow', [2, 3, 32])
    // The layers are given one and the same gradient.
    const all = gradients(y, [x, ...weights], flow)
    expect(count(all, 'roundedRows')).toBe(2)
    expect(count(all, 'int8LinearInputGradient')).toBe(3)
    expect(count(all, 'int8LinearWeightGradient')).toBe(3)
    expect(count(all.slice(0, 1), 'int8LinearWeightGradient')).toBe(0)
    const frozen = input('frozen', [32, 32])
    const ofInput = gradients(int8Linear(x, frozen), [x], flow)
    expect(count(ofInput, 'int8LinearWeightGradient')).toBe(0)
    const fixed = input('fixed', [2, 3, 32])
    const ofWeight = gradients(int8Linear(fixed, weights[0]!), [weights[0]!], flow)
    expect(count(ofWeight, 'int8LinearInputGradient')).toBe(0)
  })

  it('names the shapes that do not fit', () => {
    const x = input('x', [2, 3])
    expect(() => int8Linear(x, input('w', [4, 5]))).toThrow(/\[2, 3\].*\[4, 5\]/)
    expect(() => int8Linear(x, input('w', [4, 3]), input('b', [3]))).toThrow(/\[4, 3\].*\[3\]/)
  })
})
