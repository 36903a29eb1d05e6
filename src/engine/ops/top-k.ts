import { shapeError } from '../call-site.ts'
import { formatShape, type Shape } from '../dimension.ts'
import { record, stopGradient, type Tensor } from '../tensor.ts'
import { scatterAdd } from './scatter-add.ts'
import { zeros } from './zeros.ts'

export interface TopK {
  /** The k largest, the largest first, `[…, k]`. */
  readonly values: Tensor
  /** Their places along the last axis, int64 `[…, k]`. */
  readonly indices: Tensor
}

/**
 * The k largest elements of the last axis; of equal ones that which comes first. dx adds dvalues at the indices;
 * nothing flows back through the indices.
 */
export function topK(x: Tensor, k: number): TopK {
  const width = x.shape.at(-1)
  const fits = Number.isInteger(k) && k >= 1 && !(typeof width === 'number' && k > width)
  if (width === undefined || !fits) {
    throw shapeError(`topK: ${k} elements cannot be taken of the last axis of ${formatShape(x.shape)}`)
  }
  const shape: Shape = [...x.shape.slice(0, -1), k]
  const [values, indices] = record({
    name: 'topK',
    inputs: [x],
    outputs: [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int64' },
    ],
    lower(lowering, [input], outputs) {
      lowering.emit('TopK', [input!, lowering.integers([k])], { outputs, attributes: { axis: -1 } })
    },
    gradient: ({ gradients: [dvalues], outputs: [, places] }) => [
      dvalues && scatterAdd(zeros(x.shape), stopGradient(places!), dvalues, -1),
    ],
  })
  return { values: values!, indices: stopGradient(indices!) }
}
