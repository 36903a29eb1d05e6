import type { Tensor } from '../tensor.ts'
import { divide } from './divide.ts'
import { scale } from './scale.ts'
import { unaryOperation } from './unary.ts'

/** y = √x; dx = dy / (2y), which is infinite at 0. */
export function squareRoot(x: Tensor): Tensor {
  return unaryOperation({
    name: 'squareRoot',
    x,
    onnx: 'Sqrt',
    gradient: (dy, y) => divide(dy, scale(y, 2)),
  })
}
