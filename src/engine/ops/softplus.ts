import type { Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { sigmoid } from './sigmoid.ts'
import { unaryOperation } from './unary.ts'

/** y = ln(1 + eˣ), neither overflowing nor rounding a small eˣ away; dx = dy · σ(x). */
export function softplus(x: Tensor): Tensor {
  return unaryOperation({
    name: 'softplus',
    x,
    onnx: 'Softplus',
    gradient: (dy) => multiply(dy, sigmoid(x)),
  })
}
