import { scalar, type Tensor } from '../tensor.ts'
import { relu } from './relu.ts'
import { subtract } from './subtract.ts'

/**
 * max(0, margin − x), element by element, not yet reduced: the loss of a score that is to be at least `margin`. `x` is
 * label · score with labels of ±1 (Cortes and Vapnik, 1995), or how much a preferred answer scores above another.
 */
export function hinge(x: Tensor, margin = 1): Tensor {
  return relu(subtract(scalar(margin), x))
}
