import { formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'

/** y = x with `values[…, i]` added at `x[…, indices[…, i]]` of the last axis. For decoding: nothing flows back. */
export function scatterAddLast(x: Tensor, indices: Tensor, values: Tensor): Tensor {
  if (indices.dtype !== 'int64' || formatShape(indices.shape) !== formatShape(values.shape)) {
    throw new YuksuError(
      'shape',
      `scatterAddLast: indices of ${indices.dtype} ${formatShape(indices.shape)} do not fit values of ${formatShape(values.shape)}`,
    )
  }
  return recordOne({
    name: 'scatterAddLast',
    inputs: [x, indices, values],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('ScatterElements', inputs, { outputs, attributes: { axis: -1, reduction: 'add' } })
    },
  })
}
