import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { compile, type Program } from '../lowering.ts'
import {
  dequantize,
  quantizeInt4Blocks,
  quantizeInt8,
  quantizeNf4,
  type QuantizedWeight,
} from '../quantized.ts'
import { floats } from '../session.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomSource, randomValues, runOnce } from '../testing.ts'
import { input, type Tensor } from '../tensor.ts'
import { quantizedLinear, type QuantizedLinearOptions } from './quantized-linear.ts'
import { sum } from './sum.ts'
import { tanh } from './tanh.ts'

type Quantize = (weight: Float32Array, shape: [number, number]) => QuantizedWeight

const formats: Record<string, Quantize> = {
  int8: quantizeInt8,
  'int8 in blocks': (weight, shape) => quantizeInt8(weight, shape, { blockSize: 16 }),
  int4: quantizeInt4Blocks,
  'int4 with zero points': (weight, shape) =>
    quantizeInt4Blocks(weight, shape, { symmetric: false, blockSize: 16 }),
  nf4: (weight, shape) => quantizeNf4(weight, shape, { blockSize: 16 }),
}

function randomWeight(random: () => number, shape: [number, number], quantize: Quantize): QuantizedWeight {
  return quantize(Float32Array.from(randomValues(random, shape, 0.3).data), shape)
}

/** The product of f64 with the numbers that the codes stand for. */
function reference(weight: QuantizedWeight) {
  const [out, width] = weight.shape
  const numbers = dequantize(weight)
  return (x: Float64Array, bias?: Float64Array) =>
    Float64Array.from({ length: (x.length / width) * out }, (_, index) => {
      const [row, column] = [Math.floor(index / out), index % out]
      let total = bias?.[column] ?? 0
      for (let k = 0; k < width; k++) total += x[row * width + k]! * numbers[column * width + k]!
      return total
    })
}

const shapes: { shape: number[]; out: number }[] = [
  { shape: [4, 32], out: 6 },
  { shape: [2, 3, 40], out: 3 },
  { shape: [1, 1, 2, 33], out: 5 },
  { shape: [48], out: 2 },
  { shape: [3, 7], out: 1 },
]

function check(
  weight: QuantizedWeight,
  shape: readonly number[],
  options: QuantizedLinearOptions & { readonly bias: boolean },
) {
  const random = randomSource(31)
  const { bias, ...rest } = options
  return checkOperation((x, b) => quantizedLinear(x!, weight, b, rest), reference(weight), [
    randomValues(random, shape),
    ...(bias ? [randomValues(random, [weight.shape[0]])] : []),
  ])
}

describe('quantizedLinear', () => {
  it.each(Object.keys(formats).flatMap((format) => shapes.map((given) => ({ format, ...given }))))(
    'is x · Wᵀ + b with its gradients for $shape → $out in $format',
    async ({ format, shape, out }) => {
      const weight = randomWeight(randomSource(7), [out, shape.at(-1)!], formats[format]!)
      for (const bias of [false, true]) {
        const { value, gradient } = await check(weight, shape, { bias })
        expect(value).toBeLessThan(1e-6)
        expect(gradient).toBeLessThan(1e-5)
      }
    },
  )

  it.each(Object.keys(formats))(
    'computes with exactly the numbers of the reference in %s',
    async (format) => {
      const weight = randomWeight(randomSource(8), [9, 40], formats[format]!)
      const rows = Float64Array.from({ length: 40 * 40 }, (_, index) => (index % 41 === 0 ? 1 : 0))
      const { data } = await evaluate((x) => quantizedLinear(x!, weight), [{ shape: [40, 40], data: rows }])
      const numbers = dequantize(weight)
      const turned = Float32Array.from(
        numbers,
        (_, index) => numbers[(index % 9) * 40 + Math.floor(index / 9)]! + 0,
      )
      expect(data).toEqual(turned)
    },
  )

  it.each([
    ...Object.keys(formats).map((format) => ({ format, product: 'dequantize' as const })),
    { format: 'int4', product: 'blocks' as const },
    { format: 'int8', product: 'int8' as const },
  ])('takes sizes not known yet in $format with $product', async ({ format, product }) => {
    const random = randomSource(11)
    const weight = randomWeight(random, [5, 40], formats[format]!)
    const inputs = [randomValues(random, [2, 3, 40]), randomValues(random, [5])]
    const difference = await checkSymbolic(
      (x, bias) => quantizedLinear(x!, weight, bias, { product }),
      inputs,
      [['batch', 'length', 40], [5]],
    )
    expect(difference).toBeLessThan(1e-6)
  })

  it('names what does not fit', () => {
    const random = randomSource(1)
    const weight = randomWeight(random, [4, 32], quantizeInt4Blocks)
    const x = input('x', [2, 32])
    expect(() => quantizedLinear(input('x', [2, 31]), weight)).toThrow(/\[2, 31\].*\[4, 32\]/)
    expect(() => quantizedLinear(x, weight, input('b', [3]))).toThrow(/\[4, 32\].*\[3\]/)
    expect(() => quantizedLinear(x, weight, undefined, { product: 'int8' })).toThrow(/int4 \[4, 32\]/)
    const bytes = randomWeight(random, [4, 32], formats['int8 in blocks']!)
    expect(() => quantizedLinear(x, bytes, undefined, { product: 'int8' })).toThrow(/blocks of 16/)
    expect(() => quantizedLinear(x, bytes, undefined, { product: 'blocks' })).toThrow(/int8 \[4, 32\]/)
  })
})

/** The size of the error of a product beside that of what it should be, both as roots of mean squares. */
async function relativeError(
  weight: QuantizedWeight,
  product: QuantizedLinearOptions['product'],
  rows: number,
) {
  const x = randomValues(randomSource(3), [rows, weight.shape[1]])
  const { data } = await evaluate(
    (values) => quantizedLinear(values!, weight, undefined, { product: product! }),
    [x],
  )
  const expected = reference(weight)(x.data)
  const square = (values: Float64Array) => values.reduce((total, value) => total + value ** 2, 0)
  return Math.sqrt(square(expected.map((value, index) => value - Number(data[index]))) / square(expected))
}

describe.each([
  { product: 'blocks' as const, formats: ['int4', 'int4 with zero points'] },
  { product: 'int8' as const, formats: ['int8'] },
])('the product $product', ({ product, formats: own }) => {
  it.each(own)('is that of %s but for the rounding of x, over one row and many', async (format) => {
    for (const rows of [1, 70]) {
      for (const width of [32, 100, 512]) {
        const weight = randomWeight(randomSource(width), [24, width], formats[format]!)
        expect(await relativeError(weight, product, rows)).toBeLessThan(0.008)
      }
    }
  })

  it.each(shapes)(
    'has a bias, and the gradients of leaving x as it is, for $shape → $out',
    async ({ shape, out }) => {
      for (const format of own) {
        const weight = randomWeight(randomSource(7), [out, shape.at(-1)!], formats[format]!)
        for (const bias of [false, true]) {
          const { value, gradient } = await check(weight, shape, { bias, product })
          expect(value).toBeLessThan(0.03)
          expect(gradient).toBeLessThan(1e-5)
        }
      }
    },
  )

  it('does not let one row spoil another', async () => {
    const weight = randomWeight(randomSource(5), [6, 64], formats[own[0]!]!)
    const x = randomValues(randomSource(6), [3, 64])
    const operation = (values: Tensor | undefined) => quantizedLinear(values!, weight, undefined, { product })
    const alone = (await evaluate(operation, [x])).data.slice(0, 6)
    x.data.subarray(64, 128).forEach((value, index, row) => (row[index] = value * 1e6))
    x.data.fill(0, 128)
    const { data } = await evaluate(operation, [x])
    expect(data.slice(0, 6)).toEqual(alone)
    expect(Array.from(data.slice(12) as Float32Array, (value) => value + 0)).toEqual(Array(6).fill(0))
  })

  it('does not make a number of what is none', async () => {
    const weight = randomWeight(randomSource(5), [6, 64], formats[own[0]!]!)
    for (const value of [Number.NaN, Infinity]) {
      const x = randomValues(randomSource(6), [2, 64])
      x.data[64 + 17] = value
      const { data } = await evaluate(
        (values) => quantizedLinear(values!, weight, undefined, { product }),
        [x],
      )
      const finite = Array.from(data as Float32Array, (number) => Number.isFinite(number))
      expect(finite).toEqual([...Array(6).fill(true), ...Array(6).fill(false)])
    }
  })
})

/** Layers one after the other and the gradient of their sum with respect to x. */
function stack(weights: readonly QuantizedWeight[], width: number): Program {
  const x = input('x', [4, width], 'float32', true)
  const y = weights.reduce<Tensor>((value, weight) => tanh(quantizedLinear(value, weight)), x)
  return compile({ y, dx: gradients(sum(y, [0, 1]), [x])[0]! })
}

/** What the runtime makes of a program: the types of its nodes as they ran, and the size of the model it optimized. */
async function runtimeView(program: Program, width: number) {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-'))
  try {
    const optimized = join(folder, 'optimized.onnx')
    const session = await InferenceSession.create(program.bytes, {
      optimizedModelFilePath: optimized,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
      logSeverityLevel: 3,
    })
    await session.run({ x: new RuntimeTensor('float32', new Float32Array(4 * width).fill(0.1), [4, width]) })
    session.endProfiling()
    await session.release()
    const profile = readdirSync(folder).find((name) => name.startsWith('profile'))!
    const events: { cat: string; name: string; args: { op_name: string } }[] = JSON.parse(
      readFileSync(join(folder, profile), 'utf8'),
    )
    const ran = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('kernel_time'))
    return { ran: ran.map(({ args }) => args.op_name), bytes: statSync(optimized).size }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the memory of a quantized weight', () => {
  const makers = ['DequantizeLinear', 'Gather']

  it.each(Object.keys(formats))(
    'is that of its codes: %s is made into numbers for one product at a time',
    async (format) => {
      const random = randomSource(12)
      const weights = Array.from({ length: 4 }, () => randomWeight(random, [128, 128], formats[format]!))
      const program = stack(weights, 128)
      const taken = weights.reduce((total, { bytes }) => total + bytes, 0)
      const { ran, bytes } = await runtimeView(program, 128)
      // Once forward and once backward, and never two before the product that the first is for.
      const steps = ran.filter((type) => [...makers, 'FusedGemm', 'MatMul'].includes(type))
      expect(steps).toHaveLength(16)
      expect(steps.map((type) => makers.includes(type))).toEqual(steps.map((_, index) => index % 2 === 0))
      // Not as constants of f32, and not twice; what is besides is the graph itself and the zero points.
      expect(program.bytes.length).toBeLessThan(taken * 1.1 + 20_000)
      expect(bytes).toBeLessThan(taken * 1.1 + 40_000)
    },
  )

  it('is taken once however often a program uses it', () => {
    const weight = randomWeight(randomSource(13), [128, 128], quantizeInt4Blocks)
    const growth = stack([weight, weight], 128).bytes.length - stack([weight], 128).bytes.length
    expect(growth).toBeLessThan(weight.bytes / 2)
  })

  it('is not taken by a gradient that nobody asks for', async () => {
    const weight = randomWeight(randomSource(14), [8, 32], quantizeInt4Blocks)
    const x = input('x', [2, 32])
    expect(quantizedLinear(x, weight).requiresGradient).toBe(false)
    const bias = input('bias', [8], 'float32', true)
    const slope = gradients(sum(quantizedLinear(x, weight, bias), [0, 1]), [bias])[0]!
    const program = compile({ slope })
    expect(program.operations.map(({ name }) => name)).not.toContain('dequantized')
    const { slope: found } = await runOnce(
      { slope },
      { x: floats(new Float32Array(64), [2, 32]), bias: floats(new Float32Array(8), [8]) },
    )
    expect([...found!.data]).toEqual(Array(8).fill(2))
  })
})
