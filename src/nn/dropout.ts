import { multiply } from '../engine/ops/multiply.ts'
import { randomMask, type Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/** While training, zeroes each element with probability `rate` and scales the rest by 1 / (1 − rate). */
export function dropout(scope: Scope, x: Tensor, rate: number): Tensor {
  return scope.training && rate > 0 ? multiply(x, randomMask(scope.maskName(), x.shape, rate)) : x
}
