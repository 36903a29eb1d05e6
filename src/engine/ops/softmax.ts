import { recordOne, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'

/** p = eˣ / Σ eˣ over the last axis; dx = p · (dp − Σ dp · p). */
export function softmax(x: Tensor): Tensor {
  return recordOne({
    name: 'softmax',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('Softmax', inputs, { outputs, attributes: { axis: -1 } })
    },
    gradient: ({ gradients: [dp], outputs: [p] }) => [
      multiply(p!, subtract(dp!, sum(multiply(dp!, p!), [-1], true))),
    ],
  })
}
