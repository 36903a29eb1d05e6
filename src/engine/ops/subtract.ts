import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'
import { scale } from './scale.ts'

/** y = a − b; da = dy, db = −dy. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return broadcastOperation({
    name: 'subtract',
    onnx: 'Sub',
    a,
    b,
    gradient: (dy) => [() => dy, () => scale(dy, -1)],
  })
}
