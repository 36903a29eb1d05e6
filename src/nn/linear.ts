import { linear as linearOperation } from '../engine/ops/linear.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/** The one place where weights meet activations: x `[…, in]` · weightᵀ (+ bias) → `[…, out]`. */
export function linear(scope: Scope, x: Tensor): Tensor {
  return linearOperation(
    x,
    scope.parameter('weight'),
    scope.has('bias') ? scope.parameter('bias') : undefined,
  )
}
