import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'

/** y = a / b elementwise; da = dy / b, db = −dy · y / b. */
export function divide(a: Tensor, b: Tensor): Tensor {
  return broadcastOperation({
    name: 'divide',
    onnx: 'Div',
    a,
    b,
    gradient: (dy, y) => [() => divide(dy, b), () => scale(divide(multiply(dy, y), b), -1)],
  })
}
