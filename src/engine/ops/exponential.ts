import type { Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { unaryOperation } from './unary.ts'

/** y = eˣ; dx = dy · y. */
export function exponential(x: Tensor): Tensor {
  return unaryOperation({ name: 'exponential', x, onnx: 'Exp', gradient: (dy, y) => multiply(dy, y) })
}
