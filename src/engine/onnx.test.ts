import { describe, expect, it } from 'vitest'
import { encodeOnnx, type OnnxAttribute } from './onnx.ts'

interface Field {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/** Reads protobuf without a schema: the fields of one message in their order. */
function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const take = (length: number) => bytes.subarray(at, (at += length))
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >> 3
    if ((tag & 7) === 0) found.push({ number, value: varint() })
    else if ((tag & 7) === 5) found.push({ number, value: take(4) })
    else if ((tag & 7) === 2) found.push({ number, value: take(Number(varint())) })
    else throw new Error(`wire type ${tag & 7}`)
  }
  expect(at).toBe(bytes.length)
  return found
}

function child(message: Uint8Array, number: number): Uint8Array {
  return fields(message).find((field) => field.number === number)!.value as Uint8Array
}

function all(message: Uint8Array, number: number): (bigint | Uint8Array)[] {
  return fields(message)
    .filter((field) => field.number === number)
    .map(({ value }) => value)
}

const text = (value: bigint | Uint8Array | undefined) => new TextDecoder().decode(value as Uint8Array)

function attribute(value: OnnxAttribute): Uint8Array {
  const node = { type: 'Op', name: 'n', inputs: ['x'], outputs: ['y'], attributes: { given: value } }
  const model = encodeOnnx({ nodes: [node], inputs: [], outputs: [], constants: [] })
  return child(child(child(model, 7), 1), 5)
}

describe('encodeOnnx', () => {
  it('writes programs of tens of thousands of nodes', () => {
    const count = 30_000
    const nodes = Array.from({ length: count }, (_, index) => ({
      type: 'Op',
      name: `node${index}`,
      inputs: [`value${index}`],
      outputs: [`value${index + 1}`],
    }))
    const written = all(child(encodeOnnx({ nodes, inputs: [], outputs: [], constants: [] }), 7), 1)
    expect(written).toHaveLength(count)
    expect(text(child(written.at(-1) as Uint8Array, 3))).toBe(`node${count - 1}`)
  })

  it.each([
    0,
    1,
    127,
    128,
    300,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 33 + 5,
    2 ** 40 + 1,
    -1,
    -2,
    -128,
    -(2 ** 31),
    -(2 ** 40) - 1,
  ])('writes the integer %d as a varint of two’s complement in 64 bits', (value) => {
    const message = attribute(value)
    expect(all(message, 3).map((bits) => BigInt.asIntN(64, bits as bigint))).toEqual([BigInt(value)])
    expect(all(message, 20)).toEqual([2n])
    const list = attribute([value, 7, value])
    expect(all(list, 8).map((bits) => BigInt.asIntN(64, bits as bigint))).toEqual(
      [value, 7, value].map((item) => BigInt(item)),
    )
    expect(all(list, 20)).toEqual([7n])
  })

  it('writes real numbers and text', () => {
    const float = attribute({ float: -0.7 })
    expect(new DataView(Uint8Array.from(child(float, 2)).buffer).getFloat32(0, true)).toBe(Math.fround(-0.7))
    expect(all(float, 20)).toEqual([1n])
    const string = attribute('덧셈')
    expect(text(child(string, 4))).toBe('덧셈')
    expect(all(string, 20)).toEqual([3n])
  })

  it('writes types with known and named sizes, and constants byte for byte', () => {
    const bytes = new Float32Array([9, 1.5, -2, 9])
    const model = encodeOnnx({
      nodes: [{ type: 'Op', domain: 'com.microsoft', name: 'n', inputs: ['단어', 'c'], outputs: ['y'] }],
      inputs: [{ name: '단어', dtype: 'int64', shape: ['batch', 300] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [] }],
      // A view into a larger buffer: only its own bytes belong to it.
      constants: [{ name: 'c', dtype: 'float32', shape: [2, 1], data: bytes.subarray(1, 3) }],
    })
    const graph = child(model, 7)
    const input = child(graph, 11)
    expect(text(child(input, 1))).toBe('단어')
    const tensor = child(child(input, 2), 1)
    expect(all(tensor, 1)).toEqual([7n])
    const [batch, width] = all(child(tensor, 2), 1) as Uint8Array[]
    expect(text(child(batch!, 2))).toBe('batch')
    expect(all(width!, 1)).toEqual([300n])
    const constant = child(graph, 5)
    expect(all(constant, 1)).toEqual([2n, 1n])
    expect(new Float32Array(Uint8Array.from(child(constant, 9)).buffer)).toEqual(Float32Array.of(1.5, -2))
    const node = child(graph, 1)
    expect(all(node, 1).map(text)).toEqual(['단어', 'c'])
    expect(text(child(node, 7))).toBe('com.microsoft')
    expect(
      all(model, 8).map((set) => [text(child(set as Uint8Array, 1)), all(set as Uint8Array, 2)]),
    ).toEqual([
      ['', [21n]],
      ['com.microsoft', [1n]],
    ])
  })
})
