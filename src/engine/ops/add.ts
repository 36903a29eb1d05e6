import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'

/** y = a + b; da = dy, db = dy. */
export function add(a: Tensor, b: Tensor): Tensor {
  return broadcastOperation({ name: 'add', onnx: 'Add', a, b, gradient: (dy) => [() => dy, () => dy] })
}
