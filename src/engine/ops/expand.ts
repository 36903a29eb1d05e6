import { shapeError } from '../call-site.ts'
import { broadcastShapes, formatShape, sameShape, type Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { sumTo } from './sum.ts'

/** Repeats a tensor along its axes of size 1 and along new leading axes until it has the shape. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const broadcast = broadcastShapes(x.shape, shape)
  if (broadcast === undefined || !sameShape(broadcast, shape)) {
    throw shapeError(`expand: ${formatShape(x.shape)} cannot be repeated to ${formatShape(shape)}`)
  }
  return recordOne({
    name: 'expand',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('Expand', [input!, lowering.shape(shape)], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [sumTo(dy!, x.shape)],
  })
}
