/** What shape every value of a program has where its named sizes are numbers, those within an operation too. */
import { resolveDimension, resolveShape, type Sizes } from './dimension.ts'
import type { Program } from './lowering.ts'
import { branchNodes, type OnnxBranch, type OnnxDataType, type OnnxNode } from './onnx.ts'

export interface SizedValue {
  readonly shape: readonly number[]
  readonly dtype: OnnxDataType
  /** What the numbers are, where they are few, whole, and known without the data: shapes and bounds are computed from them. */
  readonly values?: readonly number[] | undefined
}

/** A sized value without its type, where that is the type of the node's first input. */
type Found = Omit<SizedValue, 'dtype'> & { readonly dtype?: OnnxDataType }
type Rule = (node: OnnxNode, inputs: readonly SizedValue[]) => Found | readonly Found[]

const elementBytes: Readonly<Partial<Record<OnnxDataType, number>>> = {
  float32: 4,
  int32: 4,
  int64: 8,
  float16: 2,
  uint4: 0.5,
  int4: 0.5,
}

export function valueBytes({ shape, dtype }: SizedValue): number {
  return Math.ceil(count(shape) * (elementBytes[dtype] ?? 1))
}

/**
 * The values by their names in the graph. What an operation gives to another has the type that it was recorded with; the rest follows
 * from the ONNX nodes. Where a size depends on the data, such as the rows routed to an expert, it is the largest that there can be.
 */
export function valueSizes(program: Program, sizes: Sizes): Map<string, SizedValue> {
  const { nodes, types, constants } = program.graph
  const found = new Map<string, SizedValue>(constants.map((constant) => [constant.name, constant]))
  for (const { name, shape, dtype } of program.inputs)
    found.set(name, { shape: resolveShape(shape, sizes), dtype })
  const visit = (node: OnnxNode) => {
    if (node.type === 'Scan') return visitScan(node)
    for (const inner of branchNodes(node)) visit(inner)
    // An operand that is left out has no name.
    const inputs = node.inputs.flatMap((name) => found.get(name) ?? [])
    const results = infer(node, inputs)
    node.outputs.forEach((name, index) => {
      const { dtype = inputs[0]?.dtype ?? 'float32', ...inferred } = results[index] ??
        results[0] ?? { shape: [] }
      const declared = types.get(name)
      found.set(
        name,
        declared === undefined
          ? { ...inferred, dtype }
          : { ...inferred, shape: numbers(declared.shape, inferred.shape, sizes), dtype: declared.dtype },
      )
    })
  }
  /** A loop as `Lowering.scan` makes it: what every step gives lies along a first axis of as many as there are steps. */
  const visitScan = (node: OnnxNode) => {
    const { body, num_scan_inputs: along } = node.attributes as unknown as {
      body: { graph: OnnxBranch }
      num_scan_inputs: number
    }
    const states = node.inputs.length - along
    const [steps] = found.get(node.inputs[states]!)!.shape
    body.graph.inputs!.forEach(({ name }, index) => {
      const { shape, dtype } = found.get(node.inputs[index]!)!
      found.set(name, { shape: index < states ? shape : shape.slice(1), dtype })
    })
    for (const inner of branchNodes(node)) visit(inner)
    node.outputs.forEach((name, index) => {
      const { shape, dtype } = found.get(body.graph.outputs[index]!.name)!
      found.set(name, { shape: index < states ? shape : [steps!, ...shape], dtype })
    })
  }
  for (const node of nodes) visit(node)
  return found
}

/** A declared shape in numbers; a size that has none is the inferred one. */
function numbers(shape: readonly (number | string)[], inferred: readonly number[], sizes: Sizes): number[] {
  return shape.map((dimension, axis) => resolveDimension(dimension, sizes) ?? inferred[axis] ?? 1)
}

function infer(node: OnnxNode, inputs: readonly SizedValue[]): readonly Found[] {
  const rule = rules[node.type] ?? (node.type.startsWith('Reduce') ? reduced : broadcast)
  const result = rule(node, inputs)
  const found: readonly Found[] = Array.isArray(result) ? result : [result as Found]
  const values =
    found.length === 1 && found[0]!.values === undefined ? compute(node, inputs, found[0]!) : undefined
  return values === undefined ? found : [{ ...found[0]!, values }]
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function integer({ attributes }: OnnxNode, name: string, otherwise: number): number {
  const value = attributes?.[name]
  return typeof value === 'number' ? value : otherwise
}

function integers({ attributes }: OnnxNode, name: string): readonly number[] | undefined {
  const value = attributes?.[name]
  return Array.isArray(value) ? (value as readonly number[]) : undefined
}

const at = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis)

const broadcast: Rule = (_, inputs) => ({
  shape: inputs
    .map(({ shape }) => shape)
    .reduce((left, right) => {
      const [long, short] = left.length >= right.length ? [left, right] : [right, left]
      const offset = long.length - short.length
      return long.map((size, axis) => (axis < offset || size !== 1 ? size : short[axis - offset]!))
    }, []),
})

const likeFirst: Rule = (_, [x]) => ({ shape: x!.shape })
const compared: Rule = (node, inputs) => ({ ...(broadcast(node, inputs) as Found), dtype: 'bool' })

/** Normalizations also give a number for each row. */
const normalized: Rule = (_, [x]) => [{ shape: x!.shape }, { shape: [...x!.shape.slice(0, -1), 1] }]

const reduced: Rule = (node, [x, axes]) => {
  const rank = x!.shape.length
  const gone = new Set((axes?.values ?? x!.shape.map((_, axis) => axis)).map((axis) => at(axis, rank)))
  const keeps = integer(node, 'keepdims', 1) === 1
  return {
    shape: x!.shape.flatMap((size, axis) => (gone.has(axis) ? (keeps ? [1] : []) : [size])),
    ...(node.type.startsWith('Arg') && { dtype: 'int64' }),
  }
}

const product: Rule = (node, [a, b]) => {
  const sides = (shape: readonly number[], transposed: boolean) =>
    transposed ? [shape.at(-1)!, shape.at(-2)!] : [shape.at(-2) ?? 1, shape.at(-1)!]
  const [rows] = sides(a!.shape, integer(node, 'transA', 0) === 1)
  const [, columns] = sides(b!.shape, integer(node, 'transB', 0) === 1)
  const { shape } = broadcast(
    node,
    [a!, b!].map(({ shape, dtype }) => ({ shape: shape.slice(0, -2), dtype })),
  ) as Found
  return { shape: [...shape, rows!, columns!] }
}

/** The places of a window along an axis, of a convolution or back from one. */
function windows(node: OnnxNode, x: SizedValue, kernel: SizedValue, turned: boolean): number[] {
  const pads = integers(node, 'pads') ?? []
  const rank = x.shape.length - 2
  return x.shape.slice(2).map((size, axis) => {
    const reach = (integers(node, 'dilations')?.[axis] ?? 1) * (kernel.shape[axis + 2]! - 1) + 1
    const padding = (pads[axis] ?? 0) + (pads[axis + rank] ?? 0)
    const stride = integers(node, 'strides')?.[axis] ?? 1
    return turned ? (size - 1) * stride + reach - padding : Math.floor((size + padding - reach) / stride) + 1
  })
}

const rules: Readonly<Record<string, Rule>> = {
  Shape(node, [x]) {
    const values = x!.shape.slice(integer(node, 'start', 0), integer(node, 'end', x!.shape.length))
    return { shape: [values.length], dtype: 'int64', values }
  },
  Size: (_, [x]) => ({ shape: [], dtype: 'int64', values: [count(x!.shape)] }),
  ConstantOfShape: (_, [shape]) => ({ shape: shape!.values ?? [], dtype: 'float32' }),
  Reshape(_, [x, target]) {
    const wanted = target!.values?.map((size, axis) => (size === 0 ? x!.shape[axis]! : size)) ?? [-1]
    const rest = count(wanted.filter((size) => size !== -1))
    return { shape: wanted.map((size) => (size === -1 ? count(x!.shape) / rest : size)) }
  },
  Range(_, bounds) {
    const [start, limit, step] = bounds.map(({ values }) => values?.[0])
    const known = start !== undefined && limit !== undefined && step !== undefined
    return { shape: [known ? Math.max(0, Math.ceil((limit - start) / step)) : 1] }
  },
  Expand: (node, [x, target]) => broadcast(node, [x!, { shape: target!.values ?? [], dtype: 'int64' }]),
  Slice(_, [x, starts, ends, axes, steps]) {
    const shape = [...x!.shape]
    starts!.values?.forEach((start, index) => {
      const axis = at(axes?.values?.[index] ?? index, shape.length)
      const [size, end, step] = [shape[axis]!, ends!.values?.[index], steps?.values?.[index] ?? 1]
      if (end === undefined) return
      const fromFront = (place: number) => (place < 0 ? place + size : place)
      const clamp = (place: number, least: number, most: number) => Math.min(Math.max(place, least), most)
      // Backwards, the end lies one before the first.
      const length =
        step > 0
          ? clamp(fromFront(end), 0, size) - clamp(fromFront(start), 0, size)
          : clamp(fromFront(start), -1, size - 1) - clamp(fromFront(end), -1, size - 1)
      shape[axis] = Math.max(0, Math.ceil(length / Math.abs(step)))
    })
    return { shape }
  },
  Concat(node, inputs) {
    const axis = at(integer(node, 'axis', 0), inputs[0]!.shape.length)
    const size = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0)
    return { shape: inputs[0]!.shape.with(axis, size) }
  },
  Split(node, [x]) {
    const axis = at(integer(node, 'axis', 0), x!.shape.length)
    const parts = node.outputs.length
    const size = Math.ceil(x!.shape[axis]! / parts)
    return node.outputs.map((_, part) => ({
      shape: x!.shape.with(axis, Math.min(size, x!.shape[axis]! - part * size)),
    }))
  },
  Transpose: (node, [x]) => ({
    shape: integers(node, 'perm')?.map((axis) => x!.shape[axis]!) ?? x!.shape.toReversed(),
  }),
  Squeeze(_, [x, axes]) {
    const gone = axes?.values?.map((axis) => at(axis, x!.shape.length))
    return { shape: x!.shape.filter((size, axis) => !(gone?.includes(axis) ?? size === 1)) }
  },
  Unsqueeze(_, [x, axes]) {
    const rank = x!.shape.length + axes!.shape[0]!
    const added = new Set(axes!.values?.map((axis) => at(axis, rank)))
    const rest = [...x!.shape]
    return { shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!)) }
  },
  Gather(node, [x, indices]) {
    const axis = at(integer(node, 'axis', 0), x!.shape.length)
    return { shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] }
  },
  GatherElements: (_, [, indices]) => ({ shape: indices!.shape }),
  ScatterElements: likeFirst,
  CumSum: likeFirst,
  Clip: likeFirst,
  RotaryEmbedding: likeFirst,
  LinearAttention: (_, [, , value, state]) => [{ shape: value!.shape }, { shape: state!.shape }],
  LayerNormalization: normalized,
  SimplifiedLayerNormalization: normalized,
  MatMul: product,
  FusedMatMul: product,
  Product: product,
  SiluGradient: likeFirst,
  Attention: (_, [query, , value]) => [
    { shape: [...query!.shape.slice(0, -1), value!.shape.at(-1)!] },
    { shape: [...query!.shape.slice(0, -1), 2] },
  ],
  AttentionGradient: (_, [, , , query, key, value]) =>
    [query, key, value].map((operand) => ({ shape: operand!.shape })),
  MatMulIntegerToFloat: (node, inputs) => ({ ...(product(node, inputs) as Found), dtype: 'float32' }),
  Gemm: product,
  BlocksProduct: (node, [x]) => ({ shape: [...x!.shape.slice(0, -1), integer(node, 'columns', 1)] }),
  MatMulNBits: (node, [x]) => ({ shape: [...x!.shape.slice(0, -1), integer(node, 'N', 1)] }),
  Conv: (node, [x, kernel]) => ({
    shape: [x!.shape[0]!, kernel!.shape[0]!, ...windows(node, x!, kernel!, false)],
  }),
  ConvTranspose: (node, [x, kernel]) => ({
    shape: [x!.shape[0]!, kernel!.shape[1]! * integer(node, 'group', 1), ...windows(node, x!, kernel!, true)],
  }),
  Pad(_, [x, pads]) {
    const rank = x!.shape.length
    return {
      shape: x!.shape.map(
        (size, axis) => size + (pads!.values?.[axis] ?? 0) + (pads!.values?.[axis + rank] ?? 0),
      ),
    }
  },
  TopK(node, [x, k]) {
    const axis = at(integer(node, 'axis', -1), x!.shape.length)
    const shape = x!.shape.with(axis, k!.values?.[0] ?? x!.shape[axis]!)
    return [{ shape }, { shape, dtype: 'int64' }]
  },
  NonZero: (_, [x]) => ({ shape: [x!.shape.length, count(x!.shape)], dtype: 'int64' }),
  Where: (node, inputs) => ({ ...(broadcast(node, inputs) as Found), dtype: inputs[1]!.dtype }),
  Cast: (node, [x]) => ({ shape: x!.shape, dtype: castTypes[integer(node, 'to', 1)] ?? 'float32' }),
  QuantizeLinear: (_, [x, , zeroPoint]) => ({ shape: x!.shape, dtype: zeroPoint?.dtype ?? 'uint8' }),
  DequantizeLinear: (_, [x]) => ({ shape: x!.shape, dtype: 'float32' }),
  Equal: compared,
  Less: compared,
  LessOrEqual: compared,
  Greater: compared,
  GreaterOrEqual: compared,
}

/** By their numbers in ONNX, those that are cast to. */
const castTypes: Readonly<Record<number, OnnxDataType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
}

/** More numbers than a shape or the bounds of a slice have. */
const fewNumbers = 32

const arithmetic: Readonly<Record<string, (left: number, right: number) => number>> = {
  Add: (left, right) => left + right,
  Sub: (left, right) => left - right,
  Mul: (left, right) => left * right,
  Div: (left, right) => Math.trunc(left / right),
  Mod: (left, right) => left % right,
  Min: Math.min,
  Max: Math.max,
}

/** The numbers of a small result, where those of the operands decide them. */
function compute(
  node: OnnxNode,
  inputs: readonly SizedValue[],
  { shape }: Found,
): readonly number[] | undefined {
  const size = count(shape)
  if (size > fewNumbers) return undefined
  const operation = arithmetic[node.type]
  const [first, second] = inputs.map(({ values }) => values)
  // Zeros times anything are zeros: values are multiplied by them only to be waited for.
  if (node.type === 'Mul' && inputs.some(({ values }) => values?.every((value) => value === 0)))
    return Array.from({ length: size }, () => 0)
  if (inputs.some(({ values }) => values === undefined)) return undefined
  if (
    operation !== undefined &&
    inputs.length === 2 &&
    inputs.every(({ values }) => [1, size].includes(values!.length))
  )
    return Array.from({ length: size }, (_, index) =>
      operation(first![first!.length === 1 ? 0 : index]!, second![second!.length === 1 ? 0 : index]!),
    )
  switch (node.type) {
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Identity':
    case 'Cast':
      return first
    case 'Neg':
      return first!.map((value) => -value)
    case 'Concat':
      return inputs.flatMap(({ values }) => values!)
    case 'Gather':
      return second!.map((place) => first!.at(place)!)
    case 'ReduceProd':
      return [first!.reduce((product, value) => product * value, 1)]
    default:
      return undefined
  }
}
