import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import { scalar, type Tensor } from '../tensor.ts'
import { divide } from './divide.ts'
import { countAlong } from './count-along.ts'
import { mean } from './mean.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'

export interface VarianceOptions {
  /** Taken from the number of elements: 1 (the default) for the estimate from a sample, 0 for the mean square. */
  readonly correction?: number
  /** Keep the axes, with size 1. */
  readonly keepDimensions?: boolean
}

/** Σ (x − mean)² / (n − correction) over the axes, n elements each; dx = dy · 2 (x − mean) / (n − correction). */
export function variance(x: Tensor, axes: readonly number[], options: VarianceOptions = {}): Tensor {
  const { correction = 1, keepDimensions = false } = options
  const count = countAlong(x, axes)
  const { origin } = count
  if (origin.kind === 'constant' && !(Number(origin.data[0]) > correction)) {
    throw shapeError(
      `variance: a correction of ${correction} needs more elements than [${axes.join(', ')}] of ${formatShape(x.shape)} has`,
    )
  }
  const difference = subtract(x, mean(x, axes, true))
  const squares = sum(multiply(difference, difference), axes, keepDimensions)
  return divide(squares, subtract(count, scalar(correction)))
}
