import { expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { nativeHindrance } from './native-testing.ts'
import { add } from './ops/add.ts'
import { gatedSilu } from './ops/gated-silu.ts'
import { gelu, geluTanh } from './ops/gelu.ts'
import { layerNormalization } from './ops/layer-normalization.ts'
import { multiply } from './ops/multiply.ts'
import { dequantized } from './ops/quantized-linear-weight.ts'
import { quantizedLinear } from './ops/quantized-linear.ts'
import { rmsNormalization } from './ops/rms-normalization.ts'
import { scatterAdd } from './ops/scatter-add.ts'
import { silu } from './ops/silu.ts'
import { squaredRelu } from './ops/squared-relu.ts'
import { sum } from './ops/sum.ts'
import { takeRows } from './ops/take-rows.ts'
import { dequantize, quantizeInt4Blocks, quantizeNf4, type QuantizedWeight } from './quantized.ts'
import { floats, type HostTensor, integers, Session } from './session.ts'
import { input, type Tensor } from './tensor.ts'

const hindrance = await nativeHindrance()

/** The outputs of a program that has no product of matrices, by the stock runtime and by the native library. */
async function bothWays(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Record<string, HostTensor>,
): Promise<{ name: string; wanted: Float32Array; found: Float32Array }[]> {
  await using stock = await Session.create(compile(outputs))
  const program = compile(outputs, { precision: 'bfloat16' })
  expect(program.native).toBe(true)
  await using native = await Session.create(program)
  const [wanted, found] = [await stock.run(feeds), await native.run(feeds)]
  return Object.keys(outputs).map((name) => ({
    name,
    wanted: wanted[name]!.data as Float32Array,
    found: found[name]!.data as Float32Array,
  }))
}

function largestDifference(wanted: Float32Array, found: Float32Array): number {
  expect(found.length).toBe(wanted.length)
  return wanted.reduce((largest, value, index) => {
    const difference = Math.abs(value - found[index]!)
    return Number.isNaN(value) && Number.isNaN(found[index]!) ? largest : Math.max(largest, difference)
  }, 0)
}

const waves = (length: number, factor: number, at = 0) =>
  Float32Array.from({ length }, (_, index) => factor * Math.sin(index * 1.7 + at))

it.skipIf(hindrance !== undefined).each([
  { name: 'silu', activation: silu, tolerance: 2e-6 },
  { name: 'gelu', activation: gelu, tolerance: 2e-6 },
  // In parts 1 − tanh² loses digits where tanh is nearly 1.
  { name: 'geluTanh', activation: geluTanh, tolerance: 1e-5 },
  { name: 'squaredRelu', activation: squaredRelu, tolerance: 2e-6 },
])(
  '$name and its gradient in one pass are those in parts, far from 0 too',
  async ({ activation, tolerance }) => {
    const shape = [3, 70_001]
    const values = Float32Array.from({ length: 3 * 70_001 }, (_, index) => {
      const far = index % 7 === 0 ? 6 : 1
      return far * Math.sin(index) * 5
    })
    values.set([0, -100, 100, -1e4, 1e4, Number.NaN], 5)
    const x = input('x', shape, 'float32', true)
    const y = activation(x)
    const [dx] = gradients(sum(multiply(y, input('weights', shape)), [0, 1]), [x])
    const feeds = { x: floats(values, shape), weights: floats(waves(values.length, 1, 0.3), shape) }
    for (const { wanted, found } of await bothWays({ y, dx: dx! }, feeds)) {
      const scale = wanted.reduce((largest, value) => (value > largest && value < 1e3 ? value : largest), 1)
      const near = (list: Float32Array) =>
        list.map((value) => (Math.abs(value) > 1e3 ? Math.sign(value) : value))
      expect(largestDifference(near(wanted), near(found)) / scale).toBeLessThan(tolerance)
      expect(found[10]).toBeNaN()
    }
  },
)

it.skipIf(hindrance !== undefined).each([
  { rows: 1, width: 1 },
  { rows: 7, width: 13 },
  { rows: 33, width: 384 },
  { rows: 2051, width: 48 },
])(
  'gradients of normalizations of $rows rows of $width in one pass are those in parts',
  async ({ rows, width }) => {
    const shape = [1, rows, width]
    const x = input('x', shape, 'float32', true)
    const weight = input('weight', [width], 'float32', true)
    const bias = input('bias', [width], 'float32', true)
    const flow = input('flow', shape)
    const total = (y: Tensor) => sum(multiply(y, flow), [0, 1, 2])
    const layer = gradients(total(layerNormalization(x, weight, bias, 1e-5)), [x, weight, bias])
    const root = gradients(total(rmsNormalization(x, weight, 1e-5)), [x, weight])
    const [frozen, still] = [input('weight', [width]), input('bias', [width])]
    const alone = [layerNormalization(x, frozen, still, 1e-5), rmsNormalization(x, frozen, 1e-5)]
    const ofRows = alone.flatMap((y) => gradients(total(y), [x]))
    const outputs = Object.fromEntries(
      [...layer, ...root, ...ofRows].map((tensor, index) => [`output${index}`, tensor]),
    )
    const feeds = {
      x: floats(
        waves(rows * width, 3).map((value) => value + 1),
        shape,
      ),
      weight: floats(
        waves(width, 0.5).map((value) => value + 1),
        [width],
      ),
      bias: floats(waves(width, 1), [width]),
      flow: floats(waves(rows * width, 1, 2), shape),
    }
    for (const { wanted, found } of await bothWays(outputs, feeds)) {
      // A product by the weight as a column is of bfloat16 in neither: it is not emitted at all.
      const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
      expect(largestDifference(wanted, found) / scale).toBeLessThan(5e-6)
    }
  },
)

it.skipIf(hindrance !== undefined)(
  'sums of rows are those of the stock runtime, in every shape',
  async () => {
    const shape = [3, 1001, 37]
    const x = input('x', shape)
    const outputs = {
      flat: sum(x, [0, 1]),
      kept: sum(x, [0, 1], true),
      other: sum(x, [0, 2]),
      one: sum(x, [0]),
    }
    const feeds = { x: floats(waves(3 * 1001 * 37, 1), shape) }
    for (const { wanted, found } of await bothWays(outputs, feeds))
      expect(largestDifference(wanted, found)).toBeLessThan(1e-3)
  },
)

it.skipIf(hindrance !== undefined)(
  'the gradient of an embedding adds up every slice of a row, and leaves zeros elsewhere',
  async () => {
    const [rows, width, count] = [101, 21, 5000]
    const table = input('table', [rows, width], 'float32', true)
    const indices = input('indices', [count], 'int64')
    const flow = input('flow', [count, width])
    const [gradient] = gradients(sum(multiply(takeRows(table, indices), flow), [0, 1]), [table])
    const places = Float64Array.from({ length: count }, (_, index) => (index * index) % 97)
    const values = Float32Array.from({ length: count * width }, (_, index) => (index % 31) - 15)
    const feeds = {
      table: floats(new Float32Array(rows * width), [rows, width]),
      indices: integers(places, [count]),
      flow: floats(values, [count, width]),
    }
    const [sums] = await bothWays({ gradient: gradient! }, feeds)
    const exact = new Float32Array(rows * width)
    places.forEach((row, slice) => {
      for (let column = 0; column < width; column++)
        exact[row * width + column]! += values[slice * width + column]!
    })
    // Whole numbers, whose sums are exact in any order.
    expect(sums!.found).toEqual(exact)
    expect(sums!.wanted).toEqual(exact)
  },
)

it.skipIf(hindrance !== undefined).each([{ also: 'what is read once more' }, { also: 'nothing' }])(
  'rows and places are added to what another gradient gave, and leave it as it is where $also reads it',
  async ({ also }) => {
    const [rows, width, count] = [50, 19, 300]
    const [table, x] = [input('table', [rows, width], 'float32', true), input('x', [rows, width])]
    const indices = input('indices', [count], 'int64')
    const flow = input('flow', [count, width])
    const one = input('one', [rows, 1], 'int64')
    const weights = input('weights', [rows, 1])
    // Of the table itself, and of its rows: the second gradient is added to the first.
    const read = multiply(takeRows(table, indices), flow)
    const [gradient] = gradients(add(sum(multiply(table, x), [0, 1]), sum(read, [0, 1])), [table])
    const made = multiply(x, x)
    const placed = scatterAdd(made, one, weights, -1)
    const outputs = { gradient: gradient!, placed, ...(also === 'nothing' ? {} : { made: add(made, x) }) }
    const places = (length: number, below: number) =>
      integers(
        Float64Array.from({ length }, (_, index) => (index * index) % below),
        length === rows ? [rows, 1] : [length],
      )
    const whole = (length: number) => Float32Array.from({ length }, (_, index) => (index % 23) - 11)
    const feeds = {
      x: floats(whole(rows * width), [rows, width]),
      table: floats(new Float32Array(rows * width), [rows, width]),
      indices: places(count, rows),
      flow: floats(whole(count * width), [count, width]),
      one: places(rows, width),
      weights: floats(whole(rows), [rows, 1]),
    }
    const { table: unused, ...given } = feeds
    const program = compile(outputs, { precision: 'bfloat16' })
    expect(program.graph.nodes.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['AddRowsTo', 'AddToPlaces']),
    )
    const takes = new Set(program.inputs.map(({ name }) => name))
    const all = takes.has('table') ? { ...given, table: unused } : given
    // Whole numbers, whose sums are exact in any order; run again, for what was overwritten would show then.
    await using native = await Session.create(program)
    await using stock = await Session.create(compile(outputs))
    const wanted = await stock.run(all)
    for (let run = 0; run < 2; run++) {
      const found = await native.run(all)
      for (const name of Object.keys(outputs)) expect(found[name]!.data).toEqual(wanted[name]!.data)
    }
  },
)

it.skipIf(hindrance !== undefined)('places in some of the rows alone are added to as well', async () => {
  const [x, indices] = [input('x', [4, 3]), input('indices', [2, 1], 'int64')]
  const y = scatterAdd(multiply(x, x), indices, input('values', [2, 1]), -1)
  const feeds = {
    x: floats(waves(12, 2), [4, 3]),
    indices: integers(Float64Array.of(2, 0), [2, 1]),
    values: floats(Float32Array.of(5, 7), [2, 1]),
  }
  await using stock = await Session.create(compile({ y }))
  await using native = await Session.create(compile({ y }, { precision: 'bfloat16' }))
  expect((await native.run(feeds)).y!.data).toEqual((await stock.run(feeds)).y!.data)
})

it.skipIf(hindrance !== undefined)(
  'the gated unit and its gradients are those in parts, far from 0 too',
  async () => {
    const shape = [3, 50_021]
    const gates = Float32Array.from(
      { length: 3 * 50_021 },
      (_, index) => 5 * Math.sin(index) * (index % 7 === 0 ? 6 : 1),
    )
    gates.set([0, -100, 100], 5)
    const [gate, up] = [input('gate', shape, 'float32', true), input('up', shape, 'float32', true)]
    const y = gatedSilu(gate, up)
    const [dGate, dUp] = gradients(sum(multiply(y, input('weights', shape)), [0, 1]), [gate, up])
    const feeds = {
      gate: floats(gates, shape),
      up: floats(waves(gates.length, 1.5), shape),
      weights: floats(waves(gates.length, 1, 0.3), shape),
    }
    for (const { wanted, found } of await bothWays({ y, dGate: dGate!, dUp: dUp! }, feeds)) {
      const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
      expect(largestDifference(wanted, found) / scale).toBeLessThan(4e-6)
    }
  },
)

/** y = x · Wᵀ of f64, where each 32 numbers of x are rounded to 8 bits with a scale of their own. */
function roundedProduct(x: Float32Array, weight: QuantizedWeight): Float64Array {
  const [columns, width] = weight.shape
  const numbers = dequantize(weight)
  const rounded = Float64Array.from(x)
  for (let begin = 0; begin < x.length; begin += width) {
    for (let at = 0; at < width; at += 32) {
      const unit = rounded.subarray(begin + at, begin + Math.min(at + 32, width))
      const largest = Math.fround(unit.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
      const steps = largest > 0 ? Math.fround(127 / largest) : 0
      unit.forEach((value, index) => {
        const step = Math.fround(value * steps)
        // Halves go to the even neighbour, as in the processor.
        const down = Math.floor(step)
        const code = step - down === 0.5 ? down + (down % 2) : Math.round(step)
        unit[index] = code * Math.fround(largest / 127)
      })
    }
  }
  return Float64Array.from({ length: (x.length / width) * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns]
    let total = 0
    for (let at = 0; at < width; at++) total += rounded[row * width + at]! * numbers[column * width + at]!
    return total
  })
}

it.skipIf(hindrance !== undefined).each([
  { rows: 1, columns: 1, width: 32, blockSize: 32 },
  { rows: 1, columns: 301, width: 768, blockSize: 32 },
  { rows: 3, columns: 66, width: 200, blockSize: 32 },
  { rows: 9, columns: 7, width: 130, blockSize: 64 },
  { rows: 2, columns: 4, width: 64, blockSize: 64 },
  { rows: 17, columns: 2100, width: 384, blockSize: 128 },
  { rows: 2, columns: 5, width: 300, blockSize: 256 },
])(
  'products of $rows rows of $width with $columns in 4 bits in blocks of $blockSize are those of rounded numbers',
  async ({ rows, columns, width, blockSize }) => {
    const weight = quantizeInt4Blocks(waves(columns * width, 0.3), [columns, width], { blockSize })
    const bias = Float32Array.from({ length: columns }, (_, index) => index % 3)
    const y = quantizedLinear(input('x', ['batch', 'length', width]), weight, input('bias', [columns]), {
      product: 'blocks',
    })
    const values = waves(rows * width, 2, 0.4)
    const program = compile({ y }, { precision: 'bfloat16x6' })
    expect(program.native).toBe(true)
    // What is large is handed over as it lies, and not written into the program.
    const isHeld = program.held.some(({ value }) => value.data === weight.data)
    expect(isHeld).toBe(weight.data.length >= 4096)
    expect(program.bytes.length).toBeLessThan(16_384)
    await using session = await Session.create(program)
    const run = async () => {
      const feeds = { x: floats(values, [1, rows, width]), bias: floats(bias, [columns]) }
      return (await session.run(feeds)).y!.data as Float32Array
    }
    const wanted = roundedProduct(values, weight).map((value, index) => value + bias[index % columns]!)
    expect(largestDifference(Float32Array.from(wanted), await run())).toBeLessThan(2e-5 * Math.sqrt(width))
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      values[width - 1] = wrong
      const found = await run()
      expect(found.subarray(0, columns).every((value) => !Number.isFinite(value))).toBe(true)
      expect(found.subarray(columns).every((value) => Number.isFinite(value))).toBe(true)
    }
  },
)

it.skipIf(hindrance !== undefined).each([
  { make: quantizeInt4Blocks, shape: [1, 16], blockSize: 16 },
  { make: quantizeInt4Blocks, shape: [70, 200], blockSize: 32 },
  { make: quantizeNf4, shape: [33, 100], blockSize: 64 },
  { make: quantizeNf4, shape: [300, 384], blockSize: 128 },
] as const)(
  'numbers of $shape codes in blocks of $blockSize are those that the codes stand for',
  async ({ make, shape, blockSize }) => {
    const [rows, width] = shape
    const weight = make(waves(rows * width, 0.3), [rows, width], { blockSize })
    const program = compile({ y: dequantized(weight, input('after', [1])) }, { precision: 'bfloat16' })
    expect(program.native).toBe(true)
    await using session = await Session.create(program)
    const { y } = await session.run({ after: floats(new Float32Array(1), [1]) })
    expect(y!.data).toEqual(dequantize(weight))
  },
)
