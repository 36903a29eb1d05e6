import { formatShape, product, type Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { reshape } from './reshape.ts'

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
    gradient: ({ gradients: [dy] }) => [addToRows(dy!, ids, table.shape), undefined],
  })
}

/** Zeros of the table's shape with each gradient row added to the row of its id. */
function addToRows(dy: Tensor, ids: Tensor, tableShape: Shape): Tensor {
  const count = product(ids.shape)
  return recordOne({
    name: 'addToRows',
    inputs: [reshape(dy, [count, tableShape[1]!]), reshape(ids, [count, 1])],
    output: { shape: tableShape, dtype: 'float32' },
    lower(lowering, [rows, indices], outputs) {
      const zeros = lowering.emit('ConstantOfShape', [lowering.shape(tableShape)])
      lowering.emit('ScatterND', [zeros, indices!, rows!], { outputs, attributes: { reduction: 'add' } })
    },
  })
}
