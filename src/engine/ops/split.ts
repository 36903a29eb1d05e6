import { shapeError } from '../call-site.ts'
import { formatShape, normalizeAxis } from '../dimension.ts'
import type { Tensor } from '../tensor.ts'
import { slice } from './slice.ts'

/** The consecutive parts of the given sizes along an axis, which they make up together: what `concatenate` joins. */
export function split(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
  const at = normalizeAxis(axis, x.shape.length)
  if (sizes.reduce((total, size) => total + size, 0) !== x.shape[at]) {
    throw shapeError(
      `split: parts of ${sizes.join(', ')} do not add up to axis ${at} of ${formatShape(x.shape)}`,
    )
  }
  let start = 0
  return sizes.map((size) => {
    start += size
    return slice(x, at, start - size, start)
  })
}
