import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { compile } from './lowering.ts'
import { buildNativeLibrary } from './native-library.ts'
import type { ProductPrecision } from './product-precisions.ts'
import { nativeHindrance } from './native-testing.ts'
import { linear } from './ops/linear.ts'
import { matmul, type MatmulOptions } from './ops/matmul.ts'
import { floats, type HostTensor, Session } from './session.ts'
import { input } from './tensor.ts'
import { randomSource, randomValues } from './testing.ts'

const hindrance = await nativeHindrance()

function random(length: number, seed: number): Float32Array {
  return Float32Array.from(randomValues(randomSource(seed), [length]).data)
}

interface Product {
  readonly a: readonly number[]
  readonly b: readonly number[]
  readonly options?: MatmulOptions
}

/** Of sizes that fill tiles and ones that do not, with one matrix for a batch, and stretches of the sum longer than a cache. */
const products: readonly Product[] = [
  { a: [1, 1], b: [1, 1] },
  { a: [33, 7], b: [7, 1] },
  { a: [16, 32], b: [32, 16] },
  { a: [300, 64], b: [64, 130], options: { scale: 0.125 } },
  { a: [45, 37], b: [45, 50], options: { transposeA: true } },
  { a: [45, 37], b: [50, 37], options: { transposeB: true } },
  { a: [37, 45], b: [50, 37], options: { transposeA: true, transposeB: true, scale: -2 } },
  { a: [40, 1100], b: [1100, 33] },
  // Few rows, read straight through.
  { a: [1, 37], b: [50, 37], options: { transposeB: true, scale: 3 } },
  { a: [4, 900], b: [230, 900], options: { transposeB: true } },
  { a: [5, 64], b: [33, 64], options: { transposeB: true } },
  { a: [2, 3, 20, 70], b: [2, 3, 70, 31] },
  { a: [2, 3, 20, 70], b: [1, 3, 31, 70], options: { transposeB: true } },
  { a: [3, 20, 70], b: [70, 31] },
  { a: [20, 70], b: [5, 70, 18] },
  { a: [2, 70, 20], b: [70, 31], options: { transposeA: true } },
  { a: [700, 96], b: [96, 1024] },
  // One operand in parts, each packed when it is multiplied: rows or columns, either transposed.
  { a: [250, 70], b: [70, 50] },
  { a: [70, 250], b: [50, 70], options: { transposeA: true, transposeB: true, scale: 0.5 } },
  { a: [50, 70], b: [70, 250] },
  { a: [70, 50], b: [250, 70], options: { transposeA: true, transposeB: true } },
  { a: [2, 125, 33], b: [33, 40] },
]

/** In float64, from the definition. */
function reference({ a, b, options = {} }: Product, left: Float32Array, right: Float32Array) {
  const { transposeA = false, transposeB = false, scale = 1 } = options
  const [m, inner] = transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!]
  const n = transposeB ? b.at(-2)! : b.at(-1)!
  const rank = Math.max(a.length, b.length) - 2
  const sizeOf = (shape: readonly number[], axis: number) => shape[axis + shape.length - 2 - rank] ?? 1
  const batch = Array.from({ length: rank }, (_, axis) => Math.max(sizeOf(a, axis), sizeOf(b, axis)))
  const count = batch.reduce((total, size) => total * size, 1)
  const placeOf = (shape: readonly number[], index: number) => {
    let [place, stride, rest] = [0, 1, index]
    for (let axis = rank - 1; axis >= 0; axis--) {
      const size = sizeOf(shape, axis)
      place += (size === 1 ? 0 : rest % batch[axis]!) * stride
      stride *= size
      rest = Math.floor(rest / batch[axis]!)
    }
    return place
  }
  const y = new Float64Array(count * m * n)
  for (let index = 0; index < count; index++) {
    const [atA, atB] = [placeOf(a, index) * m * inner, placeOf(b, index) * inner * n]
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0
        for (let k = 0; k < inner; k++) {
          const one = left[atA + (transposeA ? k * m + row : row * inner + k)]!
          sum += one * right[atB + (transposeB ? column * inner + k : k * n + column)]!
        }
        y[(index * m + row) * n + column] = scale * sum
      }
    }
  }
  return y
}

async function compute(product: Product, precision: ProductPrecision, threads: number) {
  const count = (shape: readonly number[]) => shape.reduce((total, size) => total * size, 1)
  const [left, right] = [random(count(product.a), 1), random(count(product.b), 2)]
  const y = matmul(input('a', product.a), input('b', product.b), product.options)
  await using session = await Session.create(compile({ y }, { precision }), { threads })
  const results = await session.run({ a: floats(left, product.a), b: floats(right, product.b) })
  return { y: results.y!.data as Float32Array, wanted: reference(product, left, right) }
}

const bytesOf = ({ data }: HostTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** The error's length over that of the numbers. */
function relativeError(y: Float32Array, wanted: Float64Array): number {
  let [error, length] = [0, 0]
  wanted.forEach((value, index) => {
    error += (y[index]! - value) ** 2
    length += value ** 2
  })
  return Math.sqrt(error / length)
}

describe.skipIf(hindrance !== undefined)('products of the native library', () => {
  // Half of the last bit kept, relative to the largest factor of a product: 2⁻⁹, 2⁻¹⁷, and what float32 itself rounds sums to.
  const bounds = { bfloat16: 2 ** -8, bfloat16x3: 2 ** -15, bfloat16x6: 2 ** -20, int8x6: 2 ** -20 }

  it.each(products.map((product) => [JSON.stringify(product), product] as const))(
    'are right to their precision: %s',
    async (_, product) => {
      for (const precision of ['bfloat16', 'bfloat16x3', 'bfloat16x6', 'int8x6'] as const) {
        for (const threads of [1, 3]) {
          const { y, wanted } = await compute(product, precision, threads)
          expect(y.length).toBe(wanted.length)
          expect(relativeError(y, wanted)).toBeLessThan(bounds[precision])
        }
      }
    },
  )

  it.each(products.map((product) => [JSON.stringify(product), product] as const))(
    'are the same to the bit with a fixed operand, in each run: %s',
    async (_, { a, b, options }) => {
      const count = (shape: readonly number[]) => shape.reduce((total, size) => total * size, 1)
      const feeds = { a: floats(random(count(a), 1), a), b: floats(random(count(b), 2), b) }
      const y = matmul(input('a', a), input('b', b), options)
      for (const precision of ['bfloat16', 'bfloat16x6', 'int8x6'] as const) {
        await using plain = await Session.create(compile({ y }, { precision }), { threads: 2 })
        const fixed = compile({ y }, { precision, fixed: new Set(['b']) })
        await using keeping = await Session.create(fixed, { threads: 2 })
        const wanted = await plain.run(feeds)
        for (let run = 0; run < 3; run++) {
          const found = await keeping.run(feeds)
          expect(found.y!.shape).toEqual(wanted.y!.shape)
          expect(Buffer.compare(bytesOf(found.y!), bytesOf(wanted.y!))).toBe(0)
        }
      }
    },
  )

  it('read a fixed operand once, unless it lies elsewhere', async () => {
    const values = random(60 * 70, 2)
    const [a, b] = [floats(random(40 * 60, 1), [40, 60]), floats(values, [60, 70])]
    const y = matmul(input('a', [40, 60]), input('b', [60, 70]))
    const fixed = compile({ y }, { precision: 'bfloat16', fixed: new Set(['b']) })
    await using session = await Session.create(fixed)
    const first = await session.run({ a, b })
    values.fill(0)
    expect(await session.run({ a, b })).toEqual(first)
    const other = floats(new Float32Array(60 * 70), [60, 70])
    expect((await session.run({ a, b: other })).y!.data.every((value) => value === 0)).toBe(true)
  })

  it('are worse in fewer parts', async () => {
    const product = { a: [64, 256], b: [256, 64] }
    const errors = []
    for (const precision of ['bfloat16', 'bfloat16x3', 'bfloat16x6'] as const) {
      const { y, wanted } = await compute(product, precision, 1)
      errors.push(relativeError(y, wanted))
    }
    expect(errors[0]!).toBeGreaterThan(20 * errors[1]!)
    expect(errors[1]!).toBeGreaterThan(5 * errors[2]!)
  })

  it.each(['bfloat16x3', 'int8x6'] as const)('show what is no finite number, in %s', async (precision) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const y = matmul(input('a', [20, 40]), input('b', [40, 20]))
      await using session = await Session.create(compile({ y }, { precision }))
      const a = random(800, 3)
      a[5 * 40 + 7] = value
      const results = await session.run({ a: floats(a, [20, 40]), b: floats(random(800, 4), [40, 20]) })
      const rows = results.y!.data as Float32Array
      expect(rows.slice(5 * 20, 6 * 20).some(Number.isFinite)).toBe(false)
      expect(rows.slice(0, 5 * 20).every(Number.isFinite)).toBe(true)
    }
  })

  describe('of whole numbers', () => {
    const [rows, inner, columns] = [40, 1100, 36]
    const shapes = { a: [rows, inner], b: [inner, columns] }

    async function multiply(a: Float32Array, b: Float32Array): Promise<Float32Array> {
      const y = matmul(input('a', shapes.a), input('b', shapes.b))
      await using session = await Session.create(compile({ y }, { precision: 'int8x6' }), { threads: 2 })
      const results = await session.run({ a: floats(a, shapes.a), b: floats(b, shapes.b) })
      return results.y!.data as Float32Array
    }

    it('are exact to the same bits for lines of any size', async () => {
      const [a, b] = [random(rows * inner, 5), random(inner * columns, 6)]
      const plain = await multiply(a, b)
      const ofRow = (row: number) => (row === 3 ? 0 : 2 ** (2 * (row - 20)))
      const ofColumn = (column: number) => (column === 8 ? 0 : 2 ** (18 - column))
      const scaled = await multiply(
        a.map((value, index) => value * ofRow(Math.floor(index / inner))),
        b.map((value, index) => value * ofColumn(index % columns)),
      )
      const wanted = plain.map(
        (value, index) => value * ofRow(Math.floor(index / columns)) * ofColumn(index % columns),
      )
      // Zeros may have either sign.
      expect(scaled.map((value) => value + 0)).toEqual(wanted.map((value) => value + 0))
    })

    it('take the largest numbers of both signs', async () => {
      const sign = (index: number) => (index % 3 === 0 ? -1 : 1)
      const ones = (length: number) => Float32Array.from({ length }, (_, index) => sign(index))
      const y = await multiply(ones(rows * inner), ones(inner * columns))
      y.forEach((value, index) => {
        let sum = 0
        const [row, column] = [Math.floor(index / columns), index % columns]
        for (let k = 0; k < inner; k++) sum += sign(row * inner + k) * sign(k * columns + column)
        expect(Math.abs(value - sum)).toBeLessThan(1e-3)
      })
    })

    it('are as exact as the runtime’s own', async () => {
      for (const b of [
        [1024, 40],
        [64, 40],
      ]) {
        const product = { a: [50, b[0]!], b }
        const [own, found] = [await compute(product, 'float32', 1), await compute(product, 'int8x6', 1)]
        expect(relativeError(found.y, found.wanted)).toBeLessThan(2 * relativeError(own.y, own.wanted))
      }
    })
  })

  // A few rows, rows in parts and columns in parts.
  it.each([
    [1, 18],
    [5, 18],
    [300, 40],
    [40, 300],
  ])('add a bias to %i rows of %i columns', async (rows, columns) => {
    const y = linear(input('x', [2, rows, 24]), input('w', [columns, 24]), input('b', [columns]))
    const feeds = {
      x: floats(random(48 * rows, 1), [2, rows, 24]),
      w: floats(random(24 * columns, 2), [columns, 24]),
      b: floats(random(columns, 3), [columns]),
    }
    await using exact = await Session.create(compile({ y }))
    const program = compile({ y }, { precision: 'bfloat16x6' })
    expect(program.graph.nodes.map(({ type }) => type)).toContain('BiasedProduct')
    await using native = await Session.create(program)
    const [wanted, found] = [(await exact.run(feeds)).y!, (await native.run(feeds)).y!]
    expect(found.shape).toEqual(wanted.shape)
    found.data.forEach((value, index) => expect(value).toBeCloseTo(wanted.data[index] as number, 4))
  })

  it('are written to memory that was given, and take none that was released', async () => {
    const y = matmul(input('a', ['rows', 8]), input('b', [8, 8]))
    const session = await Session.create(compile({ y }, { precision: 'bfloat16' }))
    const target = floats(new Float32Array(3 * 8), [3, 8])
    const feeds = { a: floats(random(24, 1), [3, 8]), b: floats(random(64, 2), [8, 8]) }
    expect((await session.run(feeds, { y: target })).y).toBe(target)
    expect(target.data.some((value) => value !== 0)).toBe(true)
    await session.release()
    await expect(session.run(feeds)).rejects.toThrow(/released/)
  })
})

describe('the native library', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('says what is missing where there is no compiler', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yuksu-compiler-'))
    vi.stubEnv('CC', join(folder, 'no-such-compiler'))
    // Flags are part of a library's name, so others are another library, not built yet.
    await expect(buildNativeLibrary(['-DYUKSU_OTHER'])).rejects.toMatchObject({ code: 'native-library' })
    rmSync(folder, { recursive: true })
  })
})
