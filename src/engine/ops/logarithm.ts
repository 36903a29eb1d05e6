import type { Tensor } from '../tensor.ts'
import { divide } from './divide.ts'
import { unaryOperation } from './unary.ts'

/** y = ln x; dx = dy / x. */
export function logarithm(x: Tensor): Tensor {
  return unaryOperation({ name: 'logarithm', x, onnx: 'Log', gradient: (dy) => divide(dy, x) })
}
