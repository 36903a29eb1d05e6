import type { Lowering } from '../lowering.ts'
import { microsoft } from '../onnx.ts'
import type { Tensor } from '../tensor.ts'
import { activationGradient } from './activation-gradient.ts'
import { unaryOperation } from './unary.ts'

/** y = x · Φ(x) with the normal distribution Φ (Hendrycks and Gimpel, 2016); dx = dy · (Φ(x) + x · φ(x)). */
export function gelu(x: Tensor): Tensor {
  return unaryOperation({
    name: 'gelu',
    x,
    onnx: 'Gelu',
    domain: microsoft,
    gradient: (dy) =>
      activationGradient({
        name: 'geluGradient',
        native: 'GeluGradient',
        dy,
        operands: [x],
        lower(lowering, dyName, [xName], outputs) {
          const { add, multiply, constant } = arithmetic(lowering)
          const error = lowering.emit('Erf', [multiply(xName!, constant(Math.SQRT1_2))])
          const cumulative = multiply(add(error, constant(1)), constant(0.5))
          const exponent = multiply(multiply(xName!, xName!), constant(-0.5))
          const density = multiply(lowering.emit('Exp', [exponent]), constant(1 / Math.sqrt(2 * Math.PI)))
          multiply(dyName, add(cumulative, multiply(xName!, density)), outputs)
        },
      }),
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
    gradient: (dy) =>
      activationGradient({
        name: 'geluTanhGradient',
        native: 'GeluTanhGradient',
        dy,
        operands: [x],
        lower(lowering, dyName, [xName], outputs) {
          const { add, multiply, constant } = arithmetic(lowering)
          const square = multiply(xName!, xName!)
          const inner = multiply(xName!, add(multiply(square, constant(root * 0.044715)), constant(root)))
          const t = lowering.emit('Tanh', [inner])
          const slope = add(multiply(square, constant(3 * root * 0.044715)), constant(root))
          const rest = lowering.emit('Sub', [constant(1), multiply(t, t)])
          const bend = multiply(multiply(multiply(xName!, rest), constant(0.5)), slope)
          multiply(dyName, add(multiply(add(t, constant(1)), constant(0.5)), bend), outputs)
        },
      }),
  })
}

function arithmetic(lowering: Lowering) {
  return {
    add: (a: string, b: string) => lowering.emit('Add', [a, b]),
    multiply: (a: string, b: string, outputs?: readonly string[]) =>
      lowering.emit('Mul', [a, b], outputs && { outputs }),
    constant: (value: number) => lowering.float(value),
  }
}
