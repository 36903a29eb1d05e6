import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSafetensors } from '../safetensors.ts'
import { ggufBytes, ggufTensorTypes, type GgufTensorTypeName } from './tensor-types.ts'

const fixture = await openSafetensors(join(import.meta.dirname, 'fixtures/blocks.safetensors'))
const names = Object.keys(ggufTensorTypes) as GgufTensorTypeName[]

function encode(type: GgufTensorTypeName, values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(ggufBytes(type, values.length))
  ggufTensorTypes[type].encode(values, bytes)
  return bytes
}

function decode(type: GgufTensorTypeName, bytes: Uint8Array, count: number): Float32Array {
  const values = new Float32Array(count)
  ggufTensorTypes[type].decode(bytes, values)
  return values
}

/** Normal numbers of a deviation, by a sum of uniform ones: the same every time. */
function normals(count: number, deviation: number): Float32Array {
  let state = 12_345
  const uniform = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  return Float32Array.from({ length: count }, () => {
    let sum = -6
    for (let index = 0; index < 12; index++) sum += uniform()
    return deviation * sum
  })
}

/** The error's size in terms of the values'. */
function relativeError(type: GgufTensorTypeName, values: Float32Array): number {
  const back = decode(type, encode(type, values), values.length)
  return Math.hypot(...back.map((value, index) => value - values[index]!)) / Math.hypot(...values)
}

describe('blocks of the reference library', () => {
  it.each(['Q4_0', 'Q5_0', 'Q8_0'] as const)('%s is packed to the same bytes', async (type) => {
    const values = await fixture.read(`${type}.values`)
    expect(encode(type, values)).toEqual(await fixture.readRaw(`${type}.packed`))
  })

  it.each(['Q4_0', 'Q5_0', 'Q8_0', 'Q4_K', 'Q6_K'] as const)(
    '%s is read as the same numbers',
    async (type) => {
      const numbers = await fixture.read(`${type}.numbers`)
      expect(decode(type, await fixture.readRaw(`${type}.bytes`), numbers.length)).toEqual(numbers)
    },
  )
})

describe('a type of blocks', () => {
  // A little above what ggml's own quantizers reach on normal numbers.
  it.each([
    ['F16', 0.0003],
    ['Q8_0', 0.006],
    ['Q6_K', 0.0182],
    ['Q5_0', 0.043],
    ['Q4_K', 0.0735],
    ['Q4_0', 0.09],
  ] as const)('%s keeps normal numbers within %d of their size', (type, limit) => {
    expect(relativeError(type, normals(64 * 256, 0.03))).toBeLessThan(limit)
  })

  it('Q4_K is at home where numbers lie below 0, as Q4_0 is not', () => {
    const shifted = normals(16 * 256, 0.03).map((value) => value - 0.2)
    expect(relativeError('Q4_K', shifted)).toBeLessThan(0.5 * relativeError('Q4_0', shifted))
  })

  it.each(names)('%s gives zeros back as zeros, and what it has written as the same again', (type) => {
    const zeros = new Float32Array(512)
    expect(decode(type, encode(type, zeros), 512).every((value) => value === 0)).toBe(true)
    const once = decode(type, encode(type, normals(512, 1)), 512)
    const twice = decode(type, encode(type, once), 512)
    const moved = Math.max(...twice.map((value, index) => Math.abs(value - once[index]!)))
    expect(moved).toBeLessThan(type.endsWith('K') ? 0.15 : 2e-3)
  })

  it.each(names)('%s treats each block alone', (type) => {
    const { blockLength, blockBytes } = ggufTensorTypes[type]
    const [first, second] = [normals(2 * blockLength, 1), normals(2 * blockLength, 1)]
    second.fill(7, 0, blockLength)
    const tail = (values: Float32Array) => encode(type, values).slice(blockBytes)
    expect(tail(first)).toEqual(tail(second))
  })
})
