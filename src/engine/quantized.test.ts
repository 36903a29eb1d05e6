import { describe, expect, it } from 'vitest'
import {
  blockCount,
  dequantize,
  nf4Levels,
  quantizeInt4Blocks,
  quantizeInt8,
  quantizeNf4,
  type QuantizedWeight,
  unpackNibble,
} from './quantized.ts'
import { randomSource } from './testing.ts'

const random = randomSource(81)

/** About normal, and each row of another size. */
function randomWeight(out: number, width: number): Float32Array {
  const normal = () => Array.from({ length: 6 }, random).reduce((sum, value) => sum + value, -3)
  return Float32Array.from(
    { length: out * width },
    (_, index) => normal() * 4 ** (Math.floor(index / width) % 5),
  )
}

/** For every number: what it was, what it became, and the scale and code of it. */
function moves(weight: Float32Array, quantized: QuantizedWeight) {
  const { shape, blockSize, scales, data } = quantized
  const blocks = blockCount(quantized)
  const values = dequantize(quantized)
  return Array.from(weight, (before, index) => {
    const [row, column] = [Math.floor(index / shape[1]), index % shape[1]]
    const block = row * blocks + Math.floor(column / blockSize)
    const place = row * blocks * blockSize + column
    const code = data instanceof Int8Array ? data[place]! : unpackNibble(data, place)
    return { before, after: values[index]!, step: Math.abs(scales[block]!), code, block }
  })
}

/** Rounding to f32 of the scale and of the product moves a number by this much more. */
const rounding = 1 + 1e-5

const shapes: { shape: [number, number] }[] = [
  { shape: [6, 64] },
  { shape: [5, 40] },
  { shape: [7, 33] },
  { shape: [1, 1] },
]

describe('int8', () => {
  it.each(shapes.flatMap(({ shape }) => [undefined, 16, 5, 100].map((blockSize) => ({ shape, blockSize }))))(
    'moves no number of $shape by more than half a step, in blocks of $blockSize',
    ({ shape, blockSize }) => {
      const weight = randomWeight(...shape)
      const quantized = quantizeInt8(weight, shape, { ...(blockSize !== undefined && { blockSize }) })
      const rows = moves(weight, quantized)
      for (const { before, after, step } of rows) {
        expect(Math.abs(after - before)).toBeLessThanOrEqual((step / 2) * rounding)
      }
      const block = Math.min(blockSize ?? shape[1], shape[1])
      expect(quantized.data).toHaveLength(shape[0] * Math.ceil(shape[1] / block) * block)
      expect(quantized.scales).toHaveLength(shape[0] * Math.ceil(shape[1] / (blockSize ?? shape[1])))
      // The step is as small as it can be: the largest of each block is 127 of them.
      const largest = quantized.scales.map(() => 0)
      for (const { code, block } of rows) largest[block] = Math.max(largest[block]!, Math.abs(code))
      expect(new Set(largest)).toEqual(new Set([127]))
    },
  )
})

describe('blocks of int4', () => {
  it.each(shapes)(
    'symmetric: keeps the farthest number of $shape, and moves the others by half a step',
    ({ shape }) => {
      const weight = randomWeight(...shape)
      const quantized = quantizeInt4Blocks(weight, shape)
      const kept = new Set<number>()
      for (const { before, after, step, code, block } of moves(weight, quantized)) {
        const moved = Math.abs(after - before)
        expect(moved).toBeLessThanOrEqual((code === 15 ? step : step / 2) * rounding)
        if (code === 0 && moved <= step * 1e-5) kept.add(block)
      }
      expect(kept.size).toBe(quantized.scales.length)
    },
  )

  it.each(shapes)('with zero points: moves no number of $shape by more than half a step', ({ shape }) => {
    const weight = randomWeight(...shape).map((value, index) => (index % 3 === 0 ? value : Math.abs(value)))
    const quantized = quantizeInt4Blocks(weight, shape, { symmetric: false, blockSize: 16 })
    const ends = Array.from(quantized.scales, () => [0, 0])
    for (const { before, after, step, block } of moves(weight, quantized)) {
      ends[block] = [Math.min(ends[block]![0]!, before), Math.max(ends[block]![1]!, before)]
      expect(Math.abs(after - before)).toBeLessThanOrEqual((step / 2) * rounding)
    }
    // The step is as small as it can be.
    ends.forEach(([lowest, highest], block) => {
      expect(quantized.scales[block]! * 15).toBeCloseTo(highest! - lowest!, 4)
    })
  })

  it('with zero points: is nearer where numbers lie on one side of 0', () => {
    const weight = randomWeight(4, 64).map(Math.abs)
    const error = (symmetric: boolean) =>
      moves(weight, quantizeInt4Blocks(weight, [4, 64], { symmetric })).reduce(
        (sum, { before, after }) => sum + (after - before) ** 2,
        0,
      )
    expect(error(false)).toBeLessThan(error(true) / 2)
  })

  it('gives back what codes stand for, wherever they stand, and packs the first of two in the low half', () => {
    const [out, width, blockSize] = [9, 48, 16]
    const codes = Array.from({ length: out * width }, (_, index) =>
      index % blockSize === 3 ? 0 : Math.floor(random() * 16),
    )
    const scale = (index: number) => 2 ** ((Math.floor(index / blockSize) % 7) - 3)
    const weight = Float32Array.from(codes, (code, index) => (code - 8) * scale(index))
    const quantized = quantizeInt4Blocks(weight, [out, width], { blockSize })
    expect(dequantize(quantized)).toEqual(weight)
    const unpacked = [...quantized.data].flatMap((byte) => [byte & 15, byte >> 4])
    expect(unpacked).toEqual(codes)
  })
})

describe('nf4', () => {
  it.each(shapes)('takes the level next to each number of $shape', ({ shape }) => {
    const weight = randomWeight(...shape)
    const quantized = quantizeNf4(weight, shape, { blockSize: 32 })
    for (const { before, after, step } of moves(weight, quantized)) {
      const nearest = Math.min(...Array.from(nf4Levels, (level) => Math.abs(level * step - before)))
      expect(Math.abs(after - before)).toBeLessThanOrEqual(nearest + step * 1e-6)
    }
  })

  it('holds about as many numbers of a normal distribution at each level', () => {
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const weight = Float32Array.from({ length: 64 * 512 }, normal)
    const counts = nf4Levels.map(() => 0)
    for (const { code } of moves(weight, quantizeNf4(weight, [64, 512]))) counts[code]!++
    // Blocks of 64 reach beyond what the levels are made for, which takes numbers from the outermost two.
    for (const count of counts.slice(1, -1)) expect((count * 16) / weight.length).toBeGreaterThan(0.5)
    expect((Math.max(...counts) * 16) / weight.length).toBeLessThan(2)
  })
})

describe('every format', () => {
  const formats: [string, (weight: Float32Array, shape: [number, number]) => QuantizedWeight][] = [
    ['int8', quantizeInt8],
    ['int8 in blocks', (weight, shape) => quantizeInt8(weight, shape, { blockSize: 16 })],
    ['int4', quantizeInt4Blocks],
    ['int4 with zero points', (weight, shape) => quantizeInt4Blocks(weight, shape, { symmetric: false })],
    ['nf4', quantizeNf4],
  ]

  it.each(formats)(
    '%s: leaves zeros, beside others and alone, and the smallest numbers stay finite',
    (_, quantize) => {
      const weight = new Float32Array(3 * 40)
      weight.set([3, 0, -5, 0], 40)
      weight.fill(1e-45, 80)
      const values = dequantize(quantize(weight, [3, 40]))
      const zeros = values.subarray(0, 80).filter((_, index) => weight[index] === 0)
      expect(new Set(zeros.map(Math.abs))).toEqual(new Set([0]))
      expect(Math.max(...values.subarray(80).map(Math.abs))).toBeLessThan(1e-43)
    },
  )

  const withoutZeroPoints = formats.filter(([name]) => name !== 'int4 with zero points')
  const zeros = { int8: 0, int4: 8, nf4: 7 }

  it.each(withoutZeroPoints)('%s: has the code of 0 for zeros, and to fill up a row', (_, quantize) => {
    const weight = randomWeight(3, 40)
    weight.fill(0, 40, 80)
    const quantized = quantize(weight, [3, 40])
    const { data, format } = quantized
    const width = blockCount(quantized) * quantized.blockSize
    const codes = Array.from({ length: 3 * width }, (_, index) =>
      data instanceof Int8Array ? data[index]! : unpackNibble(data, index),
    )
    const filled = [0, 1, 2].flatMap((row) => codes.slice(row * width + 40, (row + 1) * width))
    expect(new Set([...filled, ...codes.slice(width, 2 * width)])).toEqual(new Set([zeros[format]]))
  })

  it.each(withoutZeroPoints)('%s: is the same quantized again', (_, quantize) => {
    const once = dequantize(quantize(randomWeight(4, 70), [4, 70]))
    const again = dequantize(quantize(once, [4, 70]))
    again.forEach((value, index) => expect(value).toBeCloseTo(once[index]!, 4))
  })

  it.each(formats)('%s: names what cannot be quantized', (_, quantize) => {
    const weight = randomWeight(3, 64)
    expect(() => quantize(weight, [3, 32])).toThrow(/192 .*\[3, 32\]/)
    weight[64 * 2 + 5] = Number.NaN
    expect(() => quantize(weight, [3, 64])).toThrow(/NaN in row 2, column 5/)
    weight[64 * 2 + 5] = -Infinity
    expect(() => quantize(weight, [3, 64])).toThrow(/-Infinity/)
  })

  it('says what it takes', () => {
    const [weight, shape] = [randomWeight(64, 256), [64, 256] as [number, number]]
    expect(quantizeInt8(weight, shape).bytes).toBe(64 * 256 + 64 * 4)
    expect(quantizeInt4Blocks(weight, shape).bytes).toBe(64 * 128 + 64 * 8 * 4)
    expect(quantizeInt4Blocks(weight, shape, { symmetric: false }).bytes).toBe(64 * 128 + 64 * 8 * 4.5)
    expect(quantizeNf4(weight, shape).bytes).toBe(64 * 128 + 64 * 4 * 4)
  })

  it('asks for blocks that fit', () => {
    const weight = randomWeight(2, 64)
    for (const blockSize of [0, 8, 24, 33, 2.5, Number.NaN]) {
      expect(() => quantizeInt4Blocks(weight, [2, 64], { blockSize })).toThrow(String(blockSize))
      expect(() => quantizeNf4(weight, [2, 64], { blockSize })).toThrow(String(blockSize))
    }
    for (const blockSize of [0, -1, 2.5]) {
      expect(() => quantizeInt8(weight, [2, 64], { blockSize })).toThrow(String(blockSize))
    }
  })
})
