import { shapeError } from '../call-site.ts'
import { formatShape, product, sameShape, type Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/** The same values in the same order under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  if (product(x.shape) !== product(shape)) {
    throw shapeError(`reshape: ${formatShape(x.shape)} does not have the size of ${formatShape(shape)}`)
  }
  return recordOne({
    name: 'reshape',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('Reshape', [input!, lowering.reshapeTarget(x.shape, shape)], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [reshape(dy!, x.shape)],
  })
}
