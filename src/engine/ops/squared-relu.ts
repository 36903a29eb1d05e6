import { recordOne, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'

/** y = max(x, 0)² (So et al., 2021); dx = dy · 2 · max(x, 0), which needs no comparison. */
export function squaredRelu(x: Tensor): Tensor {
  const positive = recordOne({
    name: 'positive',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('Relu', inputs, { outputs })
    },
  })
  return recordOne({
    name: 'squaredRelu',
    inputs: [x, positive],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [, root], outputs) {
      lowering.emit('Mul', [root!, root!], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [multiply(dy!, scale(positive, 2))],
  })
}
