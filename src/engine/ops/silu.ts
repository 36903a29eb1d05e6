import { bfloat16Parts } from '../native-products.ts'
import { microsoft, nativeDomain } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { unaryOperation } from './unary.ts'

/** y = x · σ(x), also called swish; dx = dy · (σ(x) + y · (1 − σ(x))). */
export function silu(x: Tensor): Tensor {
  return unaryOperation({
    name: 'silu',
    x,
    onnx: 'QuickGelu',
    domain: microsoft,
    attributes: { alpha: { float: 1 } },
    gradient: (dy, y) => siluGradient(dy, x, y),
  })
}

/** One operation, so that the native library can take one pass over memory for it. */
function siluGradient(dy: Tensor, x: Tensor, y: Tensor): Tensor {
  return recordOne({
    name: 'siluGradient',
    inputs: [dy, x, y],
    output: { shape: x.shape, dtype: 'float32' },
    lower(lowering, [dyName, xName, yName], outputs) {
      if (bfloat16Parts(lowering.precision) !== undefined) {
        lowering.emit('SiluGradient', [dyName!, xName!], { outputs, domain: nativeDomain })
        return
      }
      const gate = lowering.emit('Sigmoid', [xName!])
      const rest = lowering.emit('Mul', [yName!, lowering.emit('Sub', [lowering.float(1), gate])])
      lowering.emit('Mul', [dyName!, lowering.emit('Add', [gate, rest])], { outputs })
    },
  })
}
