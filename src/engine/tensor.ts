import { callSite, type CallSite } from './call-site.ts'
import type { Shape } from './dimension.ts'
import type { Lowering } from './lowering.ts'

/** The last three hold codes of numbers in few bits, within a program alone; `uint4` is packed two in a byte, the low half first. */
export type DataType = 'float32' | 'int64' | 'int32' | 'bool' | 'int8' | 'uint8' | 'uint4'

export interface TensorType {
  readonly shape: Shape
  readonly dtype: DataType
}

/** Values given when the program runs. A `random` one is filled by the runner: 0 with probability `rate`, else 1 / (1 − rate). */
export interface InputOrigin {
  readonly kind: 'input'
  readonly name: string
  readonly random?: { readonly rate: number }
}

export interface ConstantOrigin {
  readonly kind: 'constant'
  readonly data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array
}

export interface NodeOrigin {
  readonly kind: 'node'
  readonly node: Node
  readonly output: number
}

/** A symbolic tensor: what a model function computes with. It has a type and remembers where it comes from. */
export interface Tensor extends TensorType {
  readonly id: number
  readonly origin: InputOrigin | ConstantOrigin | NodeOrigin
  readonly requiresGradient: boolean
}

export interface GradientRequest {
  readonly outputs: readonly Tensor[]
  /** The gradient of the loss with respect to each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Tensor | undefined)[]
}

/** One application of an operation. Its lowering and its gradient are closures written beside its shape rule. */
export interface Node {
  readonly name: string
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** Emits ONNX nodes that compute `outputs` from `inputs`, all given by their names in the graph. */
  readonly lower: (lowering: Lowering, inputs: readonly string[], outputs: readonly string[]) => void
  /** Gradients with respect to the inputs, as new symbolic tensors. Absent: no gradient flows through. */
  readonly gradient?: (request: GradientRequest) => readonly (Tensor | undefined)[]
  /** Its one result added to another value of its shape, where that is less work than an addition afterwards. */
  readonly addedTo?: (base: Tensor) => Tensor
  /**
   * The sizes of its matrix products, each such as `[batch, rows, columns, inner]`: their product is the number of multiplications. Absent:
   * the work is to read and write its tensors.
   */
  readonly products?: readonly Shape[]
  /** Who asked for it. A node of a gradient has that of the operation it is the gradient of. */
  readonly site: CallSite
  /** Whether it computes a gradient. */
  readonly backward: boolean
}

let count = 0

/** A tensor whose values are given at every run. */
export function input(
  name: string,
  shape: Shape,
  dtype: DataType = 'float32',
  requiresGradient = false,
): Tensor {
  return { id: count++, shape, dtype, origin: { kind: 'input', name }, requiresGradient }
}

/** A dropout mask that the runner fills anew each run from its seed: 0 with probability `rate`, else 1 / (1 − rate). */
export function randomMask(name: string, shape: Shape, rate: number): Tensor {
  return {
    id: count++,
    shape,
    dtype: 'float32',
    origin: { kind: 'input', name, random: { rate } },
    requiresGradient: false,
  }
}

/** A tensor whose values are part of the program. Bytes are `bool` unless another type is said. */
export function constant(
  data: ConstantOrigin['data'],
  shape: readonly number[],
  dtype: DataType = dataTypeOf(data),
): Tensor {
  return { id: count++, shape, dtype, origin: { kind: 'constant', data }, requiresGradient: false }
}

function dataTypeOf(data: ConstantOrigin['data']): DataType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof BigInt64Array) return 'int64'
  if (data instanceof Int32Array) return 'int32'
  return data instanceof Int8Array ? 'int8' : 'bool'
}

/** A one-element tensor of no axes. */
export function scalar(value: number): Tensor {
  return constant(new Float32Array([value]), [])
}

export interface Recording {
  readonly name: string
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly TensorType[]
  readonly lower: Node['lower']
  readonly gradient?: Node['gradient']
  readonly products?: Node['products']
}

/** Records one application of an operation and returns its outputs. */
export function record(recording: Recording): Tensor[] {
  const requiresGradient =
    recording.gradient !== undefined && recording.inputs.some((tensor) => tensor.requiresGradient)
  const outputs: Tensor[] = []
  const node: Node = {
    ...recording,
    outputs,
    ...callSite(),
  }
  recording.outputs.forEach((type, output) => {
    outputs.push({ id: count++, ...type, origin: { kind: 'node', node, output }, requiresGradient })
  })
  return outputs
}

/** `record` for an operation of one output. */
export function recordOne(recording: Omit<Recording, 'outputs'> & { readonly output: TensorType }): Tensor {
  const { output, ...rest } = recording
  return record({ ...rest, outputs: [output] })[0]!
}

/** Tells tensors of the same values by one number: one whose gradient was cut is a new tensor over the values of another. */
export function valueOf(tensor: Tensor): number {
  return tensor.origin.kind === 'node' ? tensor.origin.node.outputs[tensor.origin.output]!.id : tensor.id
}

/** The same values with the gradient cut: nothing flows back through this tensor. */
export function stopGradient(tensor: Tensor): Tensor {
  return tensor.requiresGradient ? { ...tensor, id: count++, requiresGradient: false } : tensor
}
