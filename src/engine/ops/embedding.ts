import { formatShape, product } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { reshape } from './reshape.ts'
import { addToRows } from './take-rows.ts'

/** y = W[ids]: rows of a table of `[vocabulary, width]`, one for each id; dW adds dy into the rows that were read. */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  if (table.shape.length !== 2 || ids.dtype !== 'int64') {
    throw new YuksuError(
      'shape',
      `embedding: a table of ${formatShape(table.shape)} cannot be read by ids of ${ids.dtype} ${formatShape(ids.shape)}`,
    )
  }
  const width = table.shape[1]!
  return recordOne({
    name: 'embedding',
    inputs: [table, ids],
    output: { shape: [...ids.shape, width], dtype: 'float32' },
    lower(lowering, inputs, outputs) {
      lowering.emit('Gather', inputs, { outputs, attributes: { axis: 0 } })
    },
    gradient({ gradients: [dy] }) {
      const count = product(ids.shape)
      return [addToRows(reshape(dy!, [count, width]), reshape(ids, [count]), table.shape), undefined]
    },
  })
}
