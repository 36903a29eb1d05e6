import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { activationGradient } from './activation-gradient.ts'

/** y = max(x, 0)² (So et al., 2021); dx = dy · 2 · max(x, 0), which is √y: x need not be kept. */
export function squaredRelu(x: Tensor): Tensor {
  return recordOne({
    name: 'squaredRelu',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [xName], outputs) {
      if (tileFormat(lowering.precision) !== undefined) {
        lowering.emit('SquaredRelu', [xName!], { outputs, domain: nativeDomain })
        return
      }
      const root = lowering.emit('Relu', [xName!])
      lowering.emit('Mul', [root, root], { outputs })
    },
    gradient: ({ gradients: [dy], outputs: [y] }) => [
      activationGradient({
        name: 'squaredReluGradient',
        native: 'SquaredReluGradient',
        dy: dy!,
        operands: [y!],
        lower(lowering, dyName, [yName], outputs) {
          const root = lowering.emit('Sqrt', [yName!])
          const twice = lowering.emit('Add', [root, root])
          lowering.emit('Mul', [dyName, twice], { outputs })
        },
      }),
    ],
  })
}
