import type { Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { sign } from './sign.ts'
import { unaryOperation } from './unary.ts'

/** y = |x|; dx = dy · sign x, which is 0 at 0. */
export function absolute(x: Tensor): Tensor {
  return unaryOperation({ name: 'absolute', x, onnx: 'Abs', gradient: (dy) => multiply(dy, sign(x)) })
}
