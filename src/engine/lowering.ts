import { YuksuError } from '../errors.ts'
import { countedBlocks, formatShape, sameShape, type Dimension, type Shape } from './dimension.ts'
import { type GivenValues, topologicalOrder } from './graph.ts'
import {
  branchNodes,
  encodeOnnx,
  nativeDomain,
  withoutUnused,
  type OnnxAttribute,
  type OnnxConstant,
  type OnnxNode,
  type OnnxValue,
} from './onnx.ts'
import { isNativePrecision, withPrecision } from './native-products.ts'
import type { ProductPrecision } from './product-precisions.ts'
import type { HostTensor } from './session.ts'
import {
  valueOf,
  type DataType,
  type InputOrigin,
  type Node,
  type Tensor,
  type TensorType,
} from './tensor.ts'

/** What a node's lowering writes to. Names stand for values in the ONNX graph. */
export class Lowering {
  nodes: OnnxNode[] = []
  readonly constants: OnnxConstant[] = []
  private readonly shared = new Map<string, string>()
  private sizes = new Map<string, string>()
  private count = 0

  /** Where a named size can be read when the program runs: the axis of one of its inputs. */
  private readonly sizeSources: ReadonlyMap<string, { input: string; axis: number }>

  /** What products of matrices are computed in: some operations are others there. Their own products are changed after they are lowered. */
  readonly precision: ProductPrecision

  constructor(
    sizeSources: ReadonlyMap<string, { input: string; axis: number }>,
    precision: ProductPrecision = 'float32',
  ) {
    this.sizeSources = sizeSources
    this.precision = precision
  }

  fresh(prefix: string): string {
    return `${prefix}_${this.count++}`
  }

  /** Adds an ONNX node and returns the name of its first output, made up where not given. */
  emit(
    type: string,
    inputs: readonly string[],
    options: {
      outputs?: readonly string[]
      attributes?: Record<string, OnnxAttribute>
      domain?: string
    } = {},
  ): string {
    const name = this.fresh(type)
    // Copies: a caller may go on changing its lists.
    const outputs = [...(options.outputs ?? [name])]
    this.nodes.push({
      type,
      name,
      inputs: [...inputs],
      outputs,
      ...(options.domain === undefined ? {} : { domain: options.domain }),
      ...(options.attributes === undefined ? {} : { attributes: options.attributes }),
    })
    return outputs[0]!
  }

  /**
   * Adds a node that runs one of two branches as the condition, one `bool`, says, and returns the name of its value. Both may read whatever
   * was emitted before; what they emit themselves is seen in them alone.
   */
  choose(
    condition: string,
    branches: { readonly whenTrue: () => string; readonly whenFalse: () => string },
    value: { readonly shape: Shape; readonly dtype: DataType },
    output?: string,
  ): string {
    const branch = (emitBranch: () => string) => {
      const { nodes, sizes } = this
      this.nodes = []
      this.sizes = new Map(sizes)
      const name = emitBranch()
      const graph = { nodes: this.nodes, outputs: [{ ...value, name }] }
      this.nodes = nodes
      this.sizes = sizes
      return { graph }
    }
    return this.emit('If', [condition], {
      ...(output !== undefined && { outputs: [output] }),
      attributes: { then_branch: branch(branches.whenTrue), else_branch: branch(branches.whenFalse) },
    })
  }

  /**
   * Adds a node that takes one step after the other along the first axis of some values, in order or backwards, with states that each step makes
   * anew. Returns the names of the last states, and then of what every step gave besides, along the first axis again.
   */
  scan(
    given: {
      readonly states: readonly ScanValue[]
      /** Each with the shape of one step of it. */
      readonly along: readonly ScanValue[]
      readonly backwards?: boolean
    },
    step: (
      states: readonly string[],
      steps: readonly string[],
    ) => { readonly states: readonly string[]; readonly results: readonly ScanValue[] },
  ): string[] {
    const { states, along, backwards = false } = given
    const typed = (name: string, { shape }: ScanValue) => ({ name, shape, dtype: 'float32' as const })
    const { nodes, sizes } = this
    this.nodes = []
    this.sizes = new Map(sizes)
    const inputs = [...states, ...along].map((value) => typed(this.fresh('step'), value))
    const names = inputs.map(({ name }) => name)
    const made = step(names.slice(0, states.length), names.slice(states.length))
    // An output may not be an input as it is, or another output.
    const outputs = [
      ...made.states.map((name, index) => typed(name, states[index]!)),
      ...made.results.map((value) => typed(value.name, value)),
    ].map((value) => ({ ...value, name: this.emit('Identity', [value.name]) }))
    const body = { nodes: this.nodes, inputs, outputs }
    this.nodes = nodes
    this.sizes = sizes
    const results = outputs.map(() => this.fresh('scanned'))
    const direction = (values: readonly unknown[]) => values.map(() => (backwards ? 1 : 0))
    this.emit(
      'Scan',
      [...states, ...along].map(({ name }) => name),
      {
        outputs: results,
        attributes: {
          body: { graph: body },
          num_scan_inputs: along.length,
          scan_input_directions: direction(along),
          scan_output_directions: direction(made.results),
        },
      },
    )
    return results
  }

  constant(data: OnnxConstant['data'], shape: readonly number[], dtype: OnnxConstant['dtype']): string {
    const key =
      data.byteLength <= 128
        ? `${dtype}:${shape.join()}:${new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).join()}`
        : undefined
    const known = key === undefined ? undefined : this.shared.get(key)
    if (known !== undefined) return known
    const name = this.fresh('constant')
    this.constants.push({ name, dtype, shape, data })
    if (key !== undefined) this.shared.set(key, name)
    return name
  }

  float(value: number): string {
    return this.constant(new Float32Array([value]), [], 'float32')
  }

  integers(values: readonly number[]): string {
    return this.constant(
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
      'int64',
    )
  }

  /** A one-dimensional integer value holding the shape; sizes known only at the run are read from the inputs. */
  shape(shape: Shape): string {
    if (shape.every((dimension) => typeof dimension === 'number')) return this.integers(shape)
    return this.joined(shape.map((dimension) => this.dimension(dimension)))
  }

  private joined(parts: readonly string[]): string {
    return parts.length === 1 ? parts[0]! : this.emit('Concat', parts, { attributes: { axis: 0 } })
  }

  private dimension(dimension: Dimension): string {
    if (typeof dimension === 'number') return this.integers([dimension])
    const known = this.sizes.get(dimension)
    if (known !== undefined) return known
    const name = this.size(dimension)
    this.sizes.set(dimension, name)
    return name
  }

  /** Reads a named size where an input has it, or makes it of those that inputs have. */
  private size(dimension: string): string {
    const source = this.sizeSources.get(dimension)
    if (source !== undefined) {
      const attributes = { start: source.axis, end: source.axis + 1 }
      return this.emit('Shape', [source.input], { attributes })
    }
    const blocks = countedBlocks(dimension)
    if (blocks !== undefined) {
      const begun = this.emit('Add', [this.dimension(blocks.of), this.integers([blocks.size - 1])])
      return this.emit('Div', [begun, this.integers([blocks.size])])
    }
    // A product's factors may be sums, and never the other way round.
    const [operator, operation] = dimension.includes('*') ? (['*', 'Mul'] as const) : (['+', 'Add'] as const)
    const operands = dimension.split(operator)
    if (operands.length === 1)
      throw new YuksuError('symbolic-shape', `no input of the program has an axis of size '${dimension}'`)
    return operands
      .map((operand) => this.dimension(/^\d+$/.test(operand) ? Number(operand) : operand))
      .reduce((left, right) => this.emit(operation, [left, right]))
  }

  private readable(dimension: Dimension): boolean {
    if (typeof dimension === 'number' || this.sizeSources.has(dimension)) return true
    const blocks = countedBlocks(dimension)
    if (blocks !== undefined) return this.readable(blocks.of)
    const operands = dimension.split(dimension.includes('*') ? '*' : '+')
    return operands.length > 1 && operands.every((operand) => /^\d+$/.test(operand) || this.readable(operand))
  }

  /** The operand of `Reshape`: copies unchanged leading axes, infers one, and computes what is left. */
  reshapeTarget(from: Shape, to: Shape): string {
    const values = to.map((dimension, axis) =>
      typeof dimension === 'number' ? dimension : dimension === from[axis] ? 0 : undefined,
    )
    const unknown = values.filter((value) => value === undefined).length
    if (unknown <= 1) return this.integers(values.map((value) => value ?? -1))
    const inferred = to.findIndex((dimension) => !this.readable(dimension))
    return this.joined(
      to.map((dimension, axis) => (axis === inferred ? this.integers([-1]) : this.dimension(dimension))),
    )
  }
}

/** A value by its name, with its shape. */
export interface ScanValue {
  readonly name: string
  readonly shape: Shape
}

export interface ProgramValue {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DataType
}

export interface ProgramInput extends ProgramValue {
  readonly random?: { readonly rate: number }
}

/** A traced computation ready for a runtime: the ONNX bytes and the types of what goes in and comes out. */
export interface Program {
  readonly bytes: Uint8Array
  readonly inputs: readonly ProgramInput[]
  readonly outputs: readonly ProgramValue[]
  readonly nodeCount: number
  /** Large constants that the bytes do not carry: the session hands them over at every run, as they lie in memory. */
  readonly held: readonly HeldConstant[]
  /** Whether it has operators of our own library, which only the native runtime computes. */
  readonly native: boolean
  /** What it computes, in order. */
  readonly operations: readonly ProgramOperation[]
  readonly graph: ProgramGraph
}

/** What `bytes` says, for those who ask what a run will take. */
export interface ProgramGraph {
  readonly nodes: readonly OnnxNode[]
  /** The types of what operations give to one another; what is within an operation has none here. */
  readonly types: ReadonlyMap<string, TensorType>
  readonly constants: readonly ProgramConstant[]
}

/** A constant by the name of the input that takes it. */
export interface HeldConstant {
  readonly name: string
  readonly value: HostTensor
}

export interface ProgramConstant extends Pick<OnnxConstant, 'name' | 'shape' | 'dtype'> {
  /** The numbers of one that is small and whole, such as a shape. */
  readonly values?: readonly number[]
}

/** One operation of a program, without what it would take to make it again. */
export interface ProgramOperation extends Pick<Node, 'name' | 'products' | 'site' | 'backward'> {
  readonly inputs: readonly TensorType[]
  readonly outputs: readonly TensorType[]
  /** The names of the ONNX nodes it became, by which the runtime tells their times; of those within a branch, `branches` has the names. */
  readonly nodes: readonly string[]
  readonly branches: readonly string[]
}

/** The inputs the tensors depend on, by name, in the order in which they are first met; two of one name must agree. */
export function programInputs(tensors: readonly Tensor[], given?: GivenValues): ProgramInput[] {
  const found = new Map<string, ProgramInput>()
  const visit = (tensor: Tensor) => {
    const handed = given?.get(valueOf(tensor))
    if (handed === undefined && tensor.origin.kind !== 'input') return
    const { name, random }: Pick<InputOrigin, 'name' | 'random'> =
      handed === undefined ? (tensor.origin as InputOrigin) : { name: handed }
    const known = found.get(name)
    if (known === undefined) {
      found.set(name, {
        name,
        shape: tensor.shape,
        dtype: tensor.dtype,
        ...(random === undefined ? {} : { random }),
      })
    } else if (!sameShape(known.shape, tensor.shape) || known.dtype !== tensor.dtype) {
      throw new YuksuError(
        'input-conflict',
        `the input '${name}' is used as ${known.dtype} ${formatShape(known.shape)} and as ${tensor.dtype} ${formatShape(tensor.shape)}`,
      )
    }
  }
  for (const tensor of tensors) visit(tensor)
  for (const node of topologicalOrder(tensors, given)) for (const tensor of node.inputs) visit(tensor)
  return [...found.values()]
}

function onnxValue(value: ProgramValue): OnnxValue {
  return { name: value.name, dtype: value.dtype, shape: value.shape }
}

export interface CompileOptions {
  /** Values that the program takes as inputs, by these names, instead of computing them. */
  readonly given?: GivenValues
  /** The name of an input in the program, by its own. */
  readonly rename?: (name: string) => string
  /** What products of matrices are computed in; `float32` by default. */
  readonly precision?: ProductPrecision
  /** Names of inputs whose values are the same in every run of a session: what the native library makes of them it may keep. */
  readonly fixed?: ReadonlySet<string>
}

/** Lowers the tensors and all they depend on to one ONNX model whose outputs carry the given names. */
export function compile(
  outputs: Readonly<Record<string, Tensor>>,
  { given, rename = (name) => name, precision = 'float32', fixed = new Set() }: CompileOptions = {},
): Program {
  const tensors = Object.values(outputs)
  const inputs = programInputs(tensors, given).map((value) => ({ ...value, name: rename(value.name) }))
  const sizeSources = new Map<string, { input: string; axis: number }>()
  for (const value of inputs) {
    const output = outputs[value.name]
    if (output !== undefined && (output.origin.kind !== 'input' || output.origin.name !== value.name)) {
      throw new YuksuError(
        'name-conflict',
        `the program has an input '${value.name}' and an output of that name with other values; give the output another name`,
      )
    }
    value.shape.forEach((dimension, axis) => {
      if (typeof dimension === 'string' && !sizeSources.has(dimension)) {
        sizeSources.set(dimension, { input: value.name, axis })
      }
    })
  }
  const lowering = new Lowering(sizeSources, precision)
  const names = new Map<number, string>()
  const wanted = new Map<number, string>()
  for (const [name, tensor] of Object.entries(outputs)) {
    if (tensor.origin.kind === 'node' && !wanted.has(valueOf(tensor))) wanted.set(valueOf(tensor), name)
  }
  const nameOf = (tensor: Tensor): string => {
    const { origin } = tensor
    const handed = given?.get(valueOf(tensor))
    if (handed !== undefined) return rename(handed)
    if (origin.kind === 'input') return rename(origin.name)
    const known = names.get(valueOf(tensor))
    if (known !== undefined) return known
    if (origin.kind === 'node')
      throw new YuksuError('internal', `'${origin.node.name}' was used before it was lowered`)
    const name = lowering.constant(origin.data, tensor.shape as number[], tensor.dtype)
    names.set(tensor.id, name)
    return name
  }
  const lowered: { node: Node; nodes: readonly OnnxNode[] }[] = []
  for (const node of topologicalOrder(tensors, given)) {
    const inputNames = node.inputs.map(nameOf)
    const outputNames = node.outputs.map((tensor) => wanted.get(tensor.id) ?? lowering.fresh(node.name))
    node.outputs.forEach((tensor, index) => names.set(tensor.id, outputNames[index]!))
    const first = lowering.nodes.length
    node.lower(lowering, inputNames, outputNames)
    const own = withPrecision(lowering.nodes.splice(first), precision, fixed)
    lowering.nodes.push(...own)
    lowered.push({ node, nodes: own })
  }
  const values = Object.entries(outputs).map(([name, tensor]) => {
    const inner = nameOf(tensor)
    if (inner !== name) lowering.emit('Identity', [inner], { outputs: [name] })
    return { name, shape: tensor.shape, dtype: tensor.dtype }
  })
  const nodes = withoutUnused(
    lowering.nodes,
    values.map(({ name }) => name),
  )
  // A node's lowering chooses which of its constants it reads.
  const read = new Set(withBranches(nodes).flatMap((node) => node.inputs))
  const constants = lowering.constants.filter(({ name }) => read.has(name))
  const held = heldConstants(nodes, constants)
  const isHeld = new Set(held.map(({ name }) => name))
  const types = new Map(
    lowered.flatMap(({ node }) =>
      node.outputs.map(({ id, shape, dtype }) => [names.get(id)!, { shape, dtype }] as const),
    ),
  )
  const bytes = encodeOnnx({
    nodes,
    constants: constants.filter(({ name }) => !isHeld.has(name)),
    inputs: [...inputs, ...held.map(({ name, value }) => ({ ...value, name }))].map(onnxValue),
    outputs: values.map(onnxValue),
    values: knownValues(nodes, values, types),
  })
  const kept = new Set(nodes)
  const operations = lowered.flatMap((entry) => {
    const own = entry.nodes.filter((node) => kept.has(node))
    return own.length === 0 ? [] : [describeOperation(entry.node, own)]
  })
  const graph = { nodes, types, constants: constants.map(describeConstant) }
  const native = isNativePrecision(precision)
  return { bytes, inputs, outputs: values, held, nodeCount: nodes.length, native, operations, graph }
}

/**
 * Types of what the native library's operators take and give, as far as they are known. The runtime cannot tell what they give, nor sizes such as `batch*length`, and
 * takes new memory for a value that could have the place of another where it does not know that both are of one size. It is not told of all values: it would
 * keep memory that is free for the next value of the same size, and a step would take a tenth more.
 */
function knownValues(
  nodes: readonly OnnxNode[],
  outputs: readonly ProgramValue[],
  types: ReadonlyMap<string, TensorType>,
): OnnxValue[] {
  const given = new Set(outputs.map(({ name }) => name))
  const own = nodes.filter(({ domain }) => domain === nativeDomain)
  const names = new Set(own.flatMap((node) => [...node.inputs, ...node.outputs]))
  return [...names].flatMap((name) => {
    const type = types.get(name)
    return type === undefined || given.has(name) ? [] : [{ name, ...type }]
  })
}

/** The nodes, and those within their branches. */
function withBranches(nodes: readonly OnnxNode[]): OnnxNode[] {
  return nodes.flatMap((node) => [node, ...branchNodes(node)])
}

/** Smaller constants are not worth an input of their own. */
const leastHeldBytes = 4096

/**
 * Constants that none but the native library's operators read. The runtime has no better form of them to make beforehand, and would copy them into
 * each of the programs of a model.
 */
function heldConstants(nodes: readonly OnnxNode[], constants: readonly OnnxConstant[]): HeldConstant[] {
  const others = new Set<string>()
  const native = new Set<string>()
  for (const node of withBranches(nodes))
    for (const name of node.inputs) (node.domain === nativeDomain ? native : others).add(name)
  return constants.flatMap(({ name, data, shape, dtype }): HeldConstant[] => {
    if (data.byteLength < leastHeldBytes || !native.has(name) || others.has(name)) return []
    if (data instanceof Float32Array && dtype === 'float32') return [{ name, value: { dtype, data, shape } }]
    return data instanceof Uint8Array && dtype === 'uint8' ? [{ name, value: { dtype, data, shape } }] : []
  })
}

function describeConstant({ name, shape, dtype, data }: OnnxConstant): ProgramConstant {
  const whole = data instanceof BigInt64Array && data.length <= 32
  return { name, shape, dtype, ...(whole && { values: Array.from(data, Number) }) }
}

function describeOperation(node: Node, nodes: readonly OnnxNode[]): ProgramOperation {
  const { name, products, site, backward } = node
  const type = ({ shape, dtype }: Tensor): TensorType => ({ shape, dtype })
  return {
    name,
    ...(products && { products }),
    site,
    backward,
    inputs: node.inputs.map(type),
    outputs: node.outputs.map(type),
    nodes: nodes.map((one) => one.name),
    branches: nodes.flatMap(branchNodes).map((one) => one.name),
  }
}
