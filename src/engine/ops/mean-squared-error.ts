import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import type { Tensor } from '../tensor.ts'
import { mean } from './mean.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'

/** The mean of (prediction − target)² over all elements, `[]`. Both have one shape: to broadcast here is mostly a mistake. */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  if (!sameShape(prediction.shape, target.shape)) {
    throw shapeError(
      `meanSquaredError: a prediction of ${formatShape(prediction.shape)} does not have the shape of its target, ${formatShape(target.shape)}`,
    )
  }
  const difference = subtract(prediction, target)
  return mean(
    multiply(difference, difference),
    prediction.shape.map((_, axis) => axis),
  )
}
