import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { checkIndices, gather } from './gather.ts'

export interface ScatterAddOptions {
  /** Computed before, where that can be said: what else reads `x`, whose place the result can take then. */
  readonly after?: Tensor
}

/**
 * y = x with `values[…, i, …]` added at `x[…, indices[…, i, …], …]` along an axis; an index may come more than once.
 * dx = dy; dvalues = dy at the indices.
 */
export function scatterAdd(
  x: Tensor,
  indices: Tensor,
  values: Tensor,
  axis: number,
  { after }: ScatterAddOptions = {},
): Tensor {
  checkIndices('scatterAdd', x, indices, axis)
  if (!sameShape(indices.shape, values.shape) || values.dtype !== x.dtype) {
    throw shapeError(
      `scatterAdd: indices of ${indices.dtype} ${formatShape(indices.shape)} do not fit values of ${values.dtype} ${formatShape(values.shape)} to add to ${x.dtype} ${formatShape(x.shape)}`,
    )
  }
  return recordOne({
    name: 'scatterAdd',
    inputs: [x, indices, values, ...(after === undefined ? [] : [after])],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [base, places, added, before = added], outputs) {
      const last = axis === -1 || axis === x.shape.length - 1
      const column = [...x.shape.slice(0, -1), 1]
      const onePlace = last && sameShape(indices.shape, column) && x.dtype === 'float32'
      if (tileFormat(lowering.precision) !== undefined && onePlace) {
        // One place in each row, as a loss has it: its operand, as large as all logits, is not copied where nothing else reads it.
        lowering.emit('AddToPlaces', [base!, places!, added!, before!], { outputs, domain: nativeDomain })
        return
      }
      lowering.emit('ScatterElements', [base!, places!, added!], {
        outputs,
        attributes: { axis, reduction: 'add' },
      })
    },
    gradient: ({ gradients: [dy] }) => [
      dy,
      undefined,
      values.requiresGradient ? gather(dy!, indices, axis) : undefined,
      ...(after === undefined ? [] : [undefined]),
    ],
  })
}
