import { formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'

/** The slices of the first axis at the indices `[count]`, in their order. For caches: nothing flows back. */
export function takeRows(x: Tensor, indices: Tensor): Tensor {
  if (indices.shape.length !== 1 || indices.dtype !== 'int64') {
    throw new YuksuError(
      'shape',
      `takeRows: indices must be int64 [count], given ${indices.dtype} ${formatShape(indices.shape)}`,
    )
  }
  return recordOne({
    name: 'takeRows',
    inputs: [x, indices],
    output: { shape: [indices.shape[0]!, ...x.shape.slice(1)], dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('Gather', inputs, { outputs, attributes: { axis: 0 } })
    },
  })
}
