import { embedding as embeddingOperation } from '../engine/ops/embedding.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/** The rows of the scope's table for ids of `[…]`: `[…, width]`. */
export function embedding(scope: Scope, ids: Tensor): Tensor {
  return embeddingOperation(scope.parameter('weight'), ids)
}
