import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'

/** y = a · b elementwise; da = dy · b, db = dy · a. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return broadcastOperation({
    name: 'multiply',
    onnx: 'Mul',
    a,
    b,
    gradient: (dy) => [() => multiply(dy, b), () => multiply(dy, a)],
  })
}
