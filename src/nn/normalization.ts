import { add } from '../engine/ops/add.ts'
import { layerNormalization } from '../engine/ops/layer-normalization.ts'
import { rmsNormalization } from '../engine/ops/rms-normalization.ts'
import { scalar, type Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/** Layer normalization over the last axis. */
export function layerNorm(scope: Scope, x: Tensor, epsilon = 1e-5): Tensor {
  return layerNormalization(x, scope.parameter('weight'), scope.parameter('bias'), epsilon)
}

/** Root-mean-square normalization over the last axis. `offset` is added to the stored weight, which Gemma's is one less than. */
export function rmsNorm(scope: Scope, x: Tensor, epsilon: number, offset = 0): Tensor {
  const weight = scope.parameter('weight')
  return rmsNormalization(x, offset === 0 ? weight : add(weight, scalar(offset)), epsilon)
}
