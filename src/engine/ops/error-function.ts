import type { Tensor } from '../tensor.ts'
import { exponential } from './exponential.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'
import { unaryOperation } from './unary.ts'

/** y = erf x = 2/√π ∫₀ˣ e^(−t²) dt; dx = dy · 2/√π · e^(−x²). */
export function errorFunction(x: Tensor): Tensor {
  return unaryOperation({
    name: 'errorFunction',
    x,
    onnx: 'Erf',
    gradient: (dy) => multiply(dy, scale(exponential(scale(multiply(x, x), -1)), 2 / Math.sqrt(Math.PI))),
  })
}
