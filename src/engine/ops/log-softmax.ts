import { recordOne, type Tensor } from '../tensor.ts'
import { exponential } from './exponential.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'

/** y = ln softmax(x) over the last axis, exact where p underflows; dx = dy − p · Σ dy with p = eʸ. */
export function logSoftmax(x: Tensor): Tensor {
  return recordOne({
    name: 'logSoftmax',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('LogSoftmax', inputs, { outputs, attributes: { axis: -1 } })
    },
    gradient: ({ gradients: [dy], outputs: [y] }) => [
      subtract(dy!, multiply(exponential(y!), sum(dy!, [-1], true))),
    ],
  })
}
