import type { Lowering } from '../lowering.ts'
import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/**
 * The gradient of an activation as one operation: the native library takes one pass over memory for it, and the stock runtime the parts
 * that `lower` emits. It has no gradient itself.
 */
export function activationGradient(options: {
  readonly name: string
  /** The native operator, of `dy` and the first of the operands. */
  readonly native: string
  readonly dy: Tensor
  readonly operands: readonly Tensor[]
  /** Emits the parts: names of `dy`, the operands and the result. */
  readonly lower: (
    lowering: Lowering,
    dy: string,
    operands: readonly string[],
    outputs: readonly string[],
  ) => void
}): Tensor {
  const { name, native, dy, operands, lower } = options
  return recordOne({
    name,
    inputs: [dy, ...operands],
    output: { shape: operands[0]!.shape, dtype: 'float32' },
    lower(lowering, [dyName, ...names], outputs) {
      if (tileFormat(lowering.precision) === undefined) lower(lowering, dyName!, names, outputs)
      else lowering.emit(native, [dyName!, names[0]!], { outputs, domain: nativeDomain })
    },
  })
}
