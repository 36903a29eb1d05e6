import { shapeError } from '../call-site.ts'
import { formatShape, normalizeAxis } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { scatterAdd } from './scatter-add.ts'
import { zeros } from './zeros.ts'

/**
 * y[…, i, …] = x[…, indices[…, i, …], …] along an axis: one element of x for each of the int64 indices, which have as
 * many axes as x and the shape of y (`torch.gather`, ONNX `GatherElements`). dx adds dy at the indices.
 */
export function gather(x: Tensor, indices: Tensor, axis: number): Tensor {
  checkIndices('gather', x, indices, axis)
  return recordOne({
    name: 'gather',
    inputs: [x, indices],
    output: { shape: indices.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('GatherElements', inputs, { outputs, attributes: { axis } })
    },
    gradient: ({ gradients: [dy] }) => [scatterAdd(zeros(x.shape), indices, dy!, axis), undefined],
  })
}

/** Throws where indices cannot stand for places along an axis of `x`, each beside the other axes' own. */
export function checkIndices(name: string, x: Tensor, indices: Tensor, axis: number): void {
  const at = normalizeAxis(axis, x.shape.length)
  const fits =
    indices.dtype === 'int64' &&
    indices.shape.length === x.shape.length &&
    indices.shape.every((size, index) => index === at || !exceeds(size, x.shape[index]!))
  if (!fits) {
    throw shapeError(
      `${name}: indices of ${indices.dtype} ${formatShape(indices.shape)} do not fit axis ${at} of ${formatShape(x.shape)}`,
    )
  }
}

function exceeds(size: number | string, limit: number | string): boolean {
  return typeof size === 'number' && typeof limit === 'number' && size > limit
}
