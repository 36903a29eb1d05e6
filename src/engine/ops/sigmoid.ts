import { scalar, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'
import { unaryOperation } from './unary.ts'

/** y = 1 / (1 + e⁻ˣ); dx = dy · y · (1 − y). */
export function sigmoid(x: Tensor): Tensor {
  return unaryOperation({
    name: 'sigmoid',
    x,
    onnx: 'Sigmoid',
    gradient: (dy, y) => multiply(dy, multiply(y, subtract(scalar(1), y))),
  })
}
