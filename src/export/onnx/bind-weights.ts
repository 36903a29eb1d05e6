/**
 * Puts weights into a program. Programs take theirs as inputs; a file for other programs has them inside, as initializers of its graph, or in a
 * file beside it. The program's protobuf is taken apart no further than the fields of its graph, and the weights are put behind them one at a
 * time, so that a model of any size goes through. Field numbers are those of onnx.proto3.
 */
import { float32ToFloat16 } from '../../formats/half.ts'
import { YuksuError } from '../../errors.ts'

/** A parameter of the program. */
export interface BoundWeight {
  /** The name of the program's input. */
  readonly name: string
  readonly shape: readonly number[]
  /** How the file holds it; in 16 bits it is widened again when the file is opened. */
  readonly stored: 'float32' | 'float16'
  read(): Promise<Float32Array>
}

/** Bytes that are there, or a weight whose bytes come in this place. */
export type Piece = Uint8Array | BoundWeight

/** A file beside the program's, which holds the weights one after another. */
export interface ExternalFile {
  readonly name: string
}

const dataTypes = { float32: 1, float16: 10 } as const
const modelGraph = 7
const graphNode = 1
const graphInitializer = 5
const graphInput = 11

/**
 * The pieces of an ONNX file that computes what `program` does, the weights being part of it. With `external` the weights' own bytes are
 * left to that file, in the given order.
 */
export function bindWeights(
  program: Uint8Array,
  weights: readonly BoundWeight[],
  external?: ExternalFile,
): Piece[] {
  const names = new Set(weights.map(({ name }) => name))
  const graph: Piece[] = []
  // A node stands behind those it reads from.
  for (const weight of weights)
    if (weight.stored === 'float16') graph.push(field(graphNode, widening(weight)))
  const bound = new Set<string>()
  const outside: Piece[] = []
  for (const part of fields(program)) {
    if (part.number !== modelGraph) {
      outside.push(part.bytes)
      continue
    }
    for (const entry of fields(part.content)) {
      const name = entry.number === graphInput ? textOf(entry.content, 1) : undefined
      if (name !== undefined && names.has(name)) bound.add(name)
      else graph.push(entry.bytes)
    }
  }
  const stray = weights.find(({ name }) => !bound.has(name))
  if (stray !== undefined)
    throw new YuksuError('internal', `the program to be exported has no input '${stray.name}'`)
  let offset = 0
  for (const weight of weights) {
    graph.push(...initializer(weight, external && { ...external, offset }))
    offset += byteLength(weight)
  }
  const length = graph.reduce((total, piece) => total + lengthOf(piece), 0)
  return [...outside, header(modelGraph, length), ...graph]
}

/** A weight's bytes as the file holds them. Throws where a number has no place in 16 bits. */
export async function weightBytes({ name, shape, stored, read }: BoundWeight): Promise<Uint8Array> {
  const values = await read()
  const count = shape.reduce((total, size) => total * size, 1)
  if (values.length !== count)
    throw new YuksuError('internal', `'${name}' has ${values.length} values; expected ${count}`)
  const wrong = values.find((value) => !(Math.abs(value) < (stored === 'float16' ? 65_520 : Infinity)))
  if (wrong !== undefined) {
    throw new YuksuError(
      'out-of-range',
      `tensor '${name}' holds ${wrong}, which ${stored} cannot hold; ${Number.isFinite(wrong) ? 'export the model in f32' : 'export a checkpoint from before that'}`,
    )
  }
  if (stored === 'float32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const halves = new Uint16Array(values.length)
  float32ToFloat16(values, halves)
  return new Uint8Array(halves.buffer)
}

export function byteLength({ shape, stored }: BoundWeight): number {
  return shape.reduce((total, size) => total * size, stored === 'float16' ? 2 : 4)
}

function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : byteLength(piece)
}

function storedName({ name, stored }: BoundWeight): string {
  return stored === 'float16' ? `${name}.float16` : name
}

/** A TensorProto; its bytes stand last. */
function initializer(weight: BoundWeight, external?: ExternalFile & { readonly offset: number }): Piece[] {
  const bytes = byteLength(weight)
  const parts = [
    ...weight.shape.map((size) => Buffer.concat([tag(1, 0), varint(size)])),
    Buffer.concat([tag(2, 0), varint(dataTypes[weight.stored])]),
    text(8, storedName(weight)),
  ]
  if (external === undefined) {
    parts.push(header(9, bytes))
    const head = Buffer.concat(parts)
    return [header(graphInitializer, head.length + bytes), head, weight]
  }
  const entries = { location: external.name, offset: String(external.offset), length: String(bytes) }
  for (const [key, value] of Object.entries(entries))
    parts.push(field(13, Buffer.concat([text(1, key), text(2, value)])))
  parts.push(Buffer.concat([tag(14, 0), varint(1)]))
  return [field(graphInitializer, Buffer.concat(parts))]
}

/** A node that makes f32 of the weight. */
function widening(weight: BoundWeight): Uint8Array {
  const to = Buffer.concat([
    text(1, 'to'),
    Buffer.concat([tag(3, 0), varint(dataTypes.float32)]),
    Buffer.concat([tag(20, 0), varint(2)]),
  ])
  return Buffer.concat([
    text(1, storedName(weight)),
    text(2, weight.name),
    text(3, `widen ${weight.name}`),
    text(4, 'Cast'),
    field(5, to),
  ])
}

interface Field {
  readonly number: number
  /** With its tag. */
  readonly bytes: Uint8Array
  /** Of one that has a length. */
  readonly content: Uint8Array
}

function* fields(message: Uint8Array): Generator<Field> {
  let at = 0
  const read = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const start = at
    const key = read()
    const number = Math.floor(key / 8)
    let content = message.subarray(at, at)
    switch (key % 8) {
      case 0:
        read()
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = read()
        content = message.subarray(at, at + length)
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new YuksuError('internal', `the program's protobuf has a field of the wire type ${key % 8}`)
    }
    yield { number, bytes: message.subarray(start, at), content }
  }
}

function textOf(message: Uint8Array, number: number): string | undefined {
  for (const entry of fields(message))
    if (entry.number === number) return Buffer.from(entry.content).toString()
  return undefined
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

function tag(number: number, wireType: number): Uint8Array {
  return varint(number * 8 + wireType)
}

function header(number: number, length: number): Uint8Array {
  return Buffer.concat([tag(number, 2), varint(length)])
}

function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([header(number, content.length), content])
}

function text(number: number, value: string): Uint8Array {
  return field(number, Buffer.from(value))
}
