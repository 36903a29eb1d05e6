import { recordOne, type Tensor } from '../tensor.ts'

/** What the elementwise operations of one operand share. */
export function unaryOperation(options: {
  name: string
  x: Tensor
  onnx: string
  domain?: string
  attributes?: Record<string, number | { float: number }>
  gradient: (dy: Tensor, y: Tensor) => Tensor
}): Tensor {
  const { name, x, onnx, domain, attributes, gradient } = options
  return recordOne({
    name,
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit(onnx, inputs, {
        outputs,
        ...(domain !== undefined && { domain }),
        ...(attributes !== undefined && { attributes }),
      })
    },
    gradient: ({ gradients: [dy], outputs: [y] }) => [gradient(dy!, y!)],
  })
}
