import { shapeError } from '../call-site.ts'
import { broadcastShapes, formatShape } from '../dimension.ts'
import { recordOne, type DataType, type Tensor } from '../tensor.ts'
import { sumTo } from './sum.ts'

/** What the elementwise operations of two operands share: NumPy broadcasting, and its undoing in the gradient. */
export function broadcastOperation(options: {
  name: string
  onnx: string
  a: Tensor
  b: Tensor
  dtype?: DataType
  gradient?: (dy: Tensor, y: Tensor) => readonly [() => Tensor, () => Tensor]
}): Tensor {
  const { name, onnx, a, b, dtype, gradient } = options
  const shape = broadcastShapes(a.shape, b.shape)
  if (shape === undefined || a.dtype !== b.dtype) {
    throw shapeError(
      `${name}: ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)} do not go together`,
    )
  }
  return recordOne({
    name,
    inputs: [a, b],
    output: { shape, dtype: dtype ?? a.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit(onnx, inputs, { outputs })
    },
    ...(gradient !== undefined && {
      gradient: ({ gradients: [dy], outputs: [y] }) => {
        const [da, db] = gradient(dy!, y!)
        return [
          a.requiresGradient ? sumTo(da(), a.shape) : undefined,
          b.requiresGradient ? sumTo(db(), b.shape) : undefined,
        ]
      },
    }),
  })
}
