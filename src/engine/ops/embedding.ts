import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import type { Tensor } from '../tensor.ts'
import { takeRows } from './take-rows.ts'

/** y = W[ids]: rows of a table of `[vocabulary, width]`, one for each id; dW adds dy into the rows that were read. */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  if (table.shape.length !== 2 || ids.dtype !== 'int64') {
    throw shapeError(
      `embedding: a table of ${formatShape(table.shape)} cannot be read by ids of ${ids.dtype} ${formatShape(ids.shape)}`,
    )
  }
  return takeRows(table, ids)
}
