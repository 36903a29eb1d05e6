import { microsoft } from '../onnx.ts'
import { scalar, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { errorFunction } from './error-function.ts'
import { exponential } from './exponential.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'
import { subtract } from './subtract.ts'
import { tanh } from './tanh.ts'
import { unaryOperation } from './unary.ts'

/** y = x · Φ(x) with the normal distribution Φ (Hendrycks and Gimpel, 2016); dx = dy · (Φ(x) + x · φ(x)). */
export function gelu(x: Tensor): Tensor {
  return unaryOperation({
    name: 'gelu',
    x,
    onnx: 'Gelu',
    domain: microsoft,
    gradient(dy) {
      const cumulative = scale(add(errorFunction(scale(x, Math.SQRT1_2)), scalar(1)), 0.5)
      const density = scale(exponential(scale(multiply(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return multiply(dy, add(cumulative, multiply(x, density)))
    },
  })
}

/**
 * The approximation y = x/2 · (1 + t), t = tanh(√(2/π) · (x + 0.044715 x³));
 * dx = dy · ((1 + t)/2 + x/2 · (1 − t²) · √(2/π) · (1 + 3 · 0.044715 x²)).
 */
export function geluTanh(x: Tensor): Tensor {
  const root = Math.sqrt(2 / Math.PI)
  return unaryOperation({
    name: 'geluTanh',
    x,
    onnx: 'FastGelu',
    domain: microsoft,
    gradient(dy) {
      const square = multiply(x, x)
      const t = tanh(multiply(x, add(scale(square, root * 0.044715), scalar(root))))
      const slope = add(scale(square, 3 * root * 0.044715), scalar(root))
      const bend = multiply(scale(multiply(x, subtract(scalar(1), multiply(t, t))), 0.5), slope)
      return multiply(dy, add(scale(add(t, scalar(1)), 0.5), bend))
    },
  })
}
