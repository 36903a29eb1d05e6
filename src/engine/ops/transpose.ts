import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/** Reorders the axes: axis i of the result is axis `order[i]` of the input. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  if (order.length !== x.shape.length || !x.shape.every((_, axis) => order.includes(axis))) {
    throw shapeError(`transpose: [${order.join(', ')}] does not order the axes of ${formatShape(x.shape)}`)
  }
  const inverse = order.map((_, axis) => order.indexOf(axis))
  return recordOne({
    name: 'transpose',
    inputs: [x],
    output: { shape: order.map((axis) => x.shape[axis]!), dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('Transpose', [input!], { outputs, attributes: { perm: order } })
    },
    gradient: ({ gradients: [dy] }) => [transpose(dy!, inverse)],
  })
}
