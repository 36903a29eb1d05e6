import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { scalar, type Tensor } from '../tensor.ts'
import { exponential } from './exponential.ts'
import { greater } from './comparisons.ts'
import { multiply } from './multiply.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'
import { where } from './where.ts'

/**
 * KL(p ‖ q) = Σ p · (ln p − ln q) over the last axis, `[…, classes]` → `[…]`, of two distributions given as logarithms
 * (`logSoftmax`); not yet reduced over rows. What p gives no probability adds nothing, even where q is 0 too.
 */
export function klDivergence(logP: Tensor, logQ: Tensor): Tensor {
  if (logP.shape.length === 0 || !sameShape(logP.shape, logQ.shape)) {
    throw shapeError(
      `klDivergence: ${formatShape(logP.shape)} and ${formatShape(logQ.shape)} are not two distributions of one shape`,
    )
  }
  const p = exponential(logP)
  // −∞ − −∞ is not a number, and would stay none times 0.
  const difference = where(greater(p, scalar(0)), subtract(logP, logQ), scalar(0))
  return sum(multiply(p, difference), [-1])
}
