import { normalizeAxis } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'

export interface CumulativeSumOptions {
  /** Leave the element itself out: the first sum is 0. */
  readonly exclusive?: boolean
  /** Sum from the end of the axis. */
  readonly reverse?: boolean
}

/** yᵢ = Σ xⱼ over j ≤ i along an axis (j < i when exclusive, from the end when reversed); dx is dy summed from the other end. */
export function cumulativeSum(x: Tensor, axis: number, options: CumulativeSumOptions = {}): Tensor {
  const { exclusive = false, reverse = false } = options
  const at = normalizeAxis(axis, x.shape.length)
  return recordOne({
    name: 'cumulativeSum',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('CumSum', [input!, lowering.integers([at])], {
        outputs,
        attributes: { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
      })
    },
    gradient: ({ gradients: [dy] }) => [cumulativeSum(dy!, at, { exclusive, reverse: !reverse })],
  })
}
