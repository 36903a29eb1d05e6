import { microsoft } from '../onnx.ts'
import type { Tensor } from '../tensor.ts'
import { activationGradient } from './activation-gradient.ts'
import { unaryOperation } from './unary.ts'

/** y = x · σ(x), also called swish; dx = dy · (σ(x) + y · (1 − σ(x))). */
export function silu(x: Tensor): Tensor {
  return unaryOperation({
    name: 'silu',
    x,
    onnx: 'QuickGelu',
    domain: microsoft,
    attributes: { alpha: { float: 1 } },
    gradient: (dy, y) =>
      activationGradient({
        name: 'siluGradient',
        native: 'SiluGradient',
        dy,
        operands: [x, y],
        lower(lowering, dyName, [xName, yName], outputs) {
          const gate = lowering.emit('Sigmoid', [xName!])
          const rest = lowering.emit('Mul', [yName!, lowering.emit('Sub', [lowering.float(1), gate])])
          lowering.emit('Mul', [dyName, lowering.emit('Add', [gate, rest])], { outputs })
        },
      }),
  })
}
