/**
 * The part of ONNX that programs are lowered to, written as protobuf by hand: a model is a graph of nodes,
 * inputs, outputs and constants. Field numbers are those of onnx.proto3.
 */

/** Their numbers in ONNX. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  uint4: 21,
  int4: 22,
} as const

export type OnnxDataType = keyof typeof dataTypes

/** A plain number is written as an integer attribute; a real one is `{ float }`, and a branch `{ graph }`. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: OnnxBranch }

/** A graph within a node, which sees the values of the graph around it. */
export interface OnnxBranch {
  /** What a loop gives it each time round; a branch has none. */
  readonly inputs?: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly outputs: readonly OnnxValue[]
}

export interface OnnxNode {
  readonly type: string
  readonly domain?: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxValue {
  readonly name: string
  readonly dtype: OnnxDataType
  readonly shape: readonly (number | string)[]
}

export interface OnnxConstant {
  readonly name: string
  readonly dtype: OnnxDataType
  readonly shape: readonly number[]
  readonly data: ArrayBufferView
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly constants: readonly OnnxConstant[]
  /** Types of values within it. */
  readonly values?: readonly OnnxValue[]
}

export const microsoft = 'com.microsoft'

/** The operators of our own library, which only its runtime has. */
export const nativeDomain = 'yuksu'

const text = new TextEncoder()

class Message {
  private readonly chunks: Uint8Array[] = []
  length = 0

  private push(bytes: Uint8Array): void {
    this.chunks.push(bytes)
    this.length += bytes.length
  }

  private varint(value: number): void {
    const bytes: number[] = []
    if (value < 0 || value > 0x7fffffff) {
      let rest = BigInt.asUintN(64, BigInt(value))
      for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
      bytes.push(Number(rest))
    } else {
      let rest = value
      for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
      bytes.push(rest)
    }
    this.push(Uint8Array.from(bytes))
  }

  integer(field: number, value: number): this {
    this.varint(field << 3)
    this.varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5)
    this.push(new Uint8Array(new Float32Array([value]).buffer))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2)
    this.varint(value.length)
    this.push(value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value))
  }

  message(field: number, value: Message): this {
    this.varint((field << 3) | 2)
    this.varint(value.length)
    // One by one: as arguments of one call a large program's are more than the stack holds.
    for (const chunk of value.chunks) this.chunks.push(chunk)
    this.length += value.length
    return this
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.length)
    let offset = 0
    for (const chunk of this.chunks) {
      bytes.set(chunk, offset)
      offset += chunk.length
    }
    return bytes
  }
}

function attributeMessage(name: string, value: OnnxAttribute): Message {
  const message = new Message().string(1, name)
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2)
  if (typeof value === 'string') return message.string(4, value).integer(20, 3)
  if ('float' in value) return message.float(2, value.float).integer(20, 1)
  if ('graph' in value) {
    const { nodes, outputs, inputs = [] } = value.graph
    return message.message(6, graphMessage({ nodes, outputs, inputs, constants: [] }, name)).integer(20, 5)
  }
  for (const item of value) message.integer(8, item)
  return message.integer(20, 7)
}

function nodeMessage(node: OnnxNode): Message {
  const message = new Message()
  for (const name of node.inputs) message.string(1, name)
  for (const name of node.outputs) message.string(2, name)
  message.string(3, node.name).string(4, node.type)
  for (const [name, value] of Object.entries(node.attributes ?? {}))
    message.message(5, attributeMessage(name, value))
  return node.domain === undefined ? message : message.string(7, node.domain)
}

function valueMessage(value: OnnxValue): Message {
  const shape = new Message()
  for (const dimension of value.shape) {
    const entry = new Message()
    shape.message(1, typeof dimension === 'string' ? entry.string(2, dimension) : entry.integer(1, dimension))
  }
  const tensor = new Message().integer(1, dataTypes[value.dtype]).message(2, shape)
  return new Message().string(1, value.name).message(2, new Message().message(1, tensor))
}

function constantMessage(constant: OnnxConstant): Message {
  const message = new Message()
  for (const dimension of constant.shape) message.integer(1, dimension)
  const { buffer, byteOffset, byteLength } = constant.data
  return message
    .integer(2, dataTypes[constant.dtype])
    .string(8, constant.name)
    .bytes(9, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength))
}

function graphMessage(graph: OnnxGraph, name: string): Message {
  const body = new Message()
  for (const node of graph.nodes) body.message(1, nodeMessage(node))
  body.string(2, name)
  for (const constant of graph.constants) body.message(5, constantMessage(constant))
  for (const value of graph.inputs) body.message(11, valueMessage(value))
  for (const value of graph.outputs) body.message(12, valueMessage(value))
  for (const value of graph.values ?? []) body.message(13, valueMessage(value))
  return body
}

/**
 * The nodes whose values reach an output; the others are left out. An operation may lower several results of which a program
 * wants one, and the runtime computes whatever it is given.
 */
export function withoutUnused(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  const wanted = new Set(outputs)
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => wanted.has(name))) return false
    for (const name of namesRead(node)) wanted.add(name)
    return true
  })
  return kept.toReversed()
}

function branchesOf({ attributes = {} }: OnnxNode): OnnxBranch[] {
  return Object.values(attributes).flatMap((value) =>
    typeof value === 'object' && 'graph' in value ? [value.graph] : [],
  )
}

/** The nodes within the branches of a node, and within theirs. */
export function branchNodes(node: OnnxNode): OnnxNode[] {
  return branchesOf(node).flatMap(({ nodes }) => nodes.flatMap((one) => [one, ...branchNodes(one)]))
}

/** The values that a node reads, in its branches too. */
export function namesRead(node: OnnxNode): string[] {
  return [
    ...node.inputs,
    ...branchesOf(node).flatMap(({ nodes, outputs }) => [
      ...nodes.flatMap(namesRead),
      ...outputs.map(({ name }) => name),
    ]),
  ]
}

function usesDomain(node: OnnxNode, domain: string): boolean {
  return node.domain === domain || branchNodes(node).some((inner) => inner.domain === domain)
}

/** The bytes of an ONNX model holding the graph (intermediate representation 10, operator set 21). */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const message = new Message()
    .integer(1, 10)
    .string(2, 'yuksu')
    .message(7, graphMessage(graph, 'program'))
    .message(8, new Message().string(1, '').integer(2, 21))
    .message(8, new Message().string(1, microsoft).integer(2, 1))
  // The stock runtime does not know it.
  const native = graph.nodes.some((node) => usesDomain(node, nativeDomain))
  if (native) message.message(8, new Message().string(1, nativeDomain).integer(2, 1))
  return message.finish()
}
