import type { Tensor } from '../tensor.ts'
import { scale } from './scale.ts'
import { softplus } from './softplus.ts'

/** y = ln σ(x) = −softplus(−x), finite however small σ(x) is; dx = dy · σ(−x). */
export function logSigmoid(x: Tensor): Tensor {
  return scale(softplus(scale(x, -1)), -1)
}
