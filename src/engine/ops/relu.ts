import { recordOne, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { unaryOperation } from './unary.ts'

/** 1 where x > 0, 0 elsewhere (x is never negative here, so its sign says it). */
function step(x: Tensor): Tensor {
  return recordOne({
    name: 'step',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('Sign', inputs, { outputs })
    },
  })
}

/** y = max(x, 0); dx = dy where y > 0. */
export function relu(x: Tensor): Tensor {
  return unaryOperation({ name: 'relu', x, onnx: 'Relu', gradient: (dy, y) => multiply(dy, step(y)) })
}
