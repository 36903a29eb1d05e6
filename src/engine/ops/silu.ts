import { microsoft } from '../onnx.ts'
import { scalar, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { multiply } from './multiply.ts'
import { sigmoid } from './sigmoid.ts'
import { subtract } from './subtract.ts'
import { unaryOperation } from './unary.ts'

/** y = x · σ(x), also called swish; dx = dy · (σ(x) + y · (1 − σ(x))). */
export function silu(x: Tensor): Tensor {
  return unaryOperation({
    name: 'silu',
    x,
    onnx: 'QuickGelu',
    domain: microsoft,
    attributes: { alpha: { float: 1 } },
    gradient(dy, y) {
      const gate = sigmoid(x)
      return multiply(dy, add(gate, multiply(y, subtract(scalar(1), gate))))
    },
  })
}
