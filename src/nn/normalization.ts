import { layerNormalization } from '../engine/ops/layer-normalization.ts'
import { rmsNormalization } from '../engine/ops/rms-normalization.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/** Layer normalization over the last axis. */
export function layerNorm(scope: Scope, x: Tensor, epsilon = 1e-5): Tensor {
  return layerNormalization(x, scope.parameter('weight'), scope.parameter('bias'), epsilon)
}

/** Root-mean-square normalization over the last axis. */
export function rmsNorm(scope: Scope, x: Tensor, epsilon: number): Tensor {
  return rmsNormalization(x, scope.parameter('weight'), epsilon)
}
