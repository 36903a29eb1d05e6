import type { Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { sign } from './sign.ts'
import { unaryOperation } from './unary.ts'

/** y = max(x, 0); dx = dy where y > 0, which is its sign, since it is never negative. */
export function relu(x: Tensor): Tensor {
  return unaryOperation({ name: 'relu', x, onnx: 'Relu', gradient: (dy, y) => multiply(dy, sign(y)) })
}
