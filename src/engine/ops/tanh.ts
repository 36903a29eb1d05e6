import { scalar, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'
import { unaryOperation } from './unary.ts'

/** y = tanh x; dx = dy · (1 − y²). */
export function tanh(x: Tensor): Tensor {
  return unaryOperation({
    name: 'tanh',
    x,
    onnx: 'Tanh',
    gradient: (dy, y) => multiply(dy, subtract(scalar(1), multiply(y, y))),
  })
}
