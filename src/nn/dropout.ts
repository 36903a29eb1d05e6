import type { Shape } from '../engine/dimension.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { randomMask, type Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/** While training, zeroes each element with probability `rate` and scales the rest by 1 / (1 − rate). */
export function dropout(scope: Scope, x: Tensor, rate: number): Tensor {
  const mask = dropoutMask(scope, x.shape, rate)
  return mask === undefined ? x : multiply(x, mask)
}

/** Dropout of the shares that queries `[batch, heads, length, width]` give to keys, as the option of `attention`; while training alone. */
export function attentionDropout(scope: Scope, query: Tensor, key: Tensor, rate: number): { keep?: Tensor } {
  const keep = dropoutMask(scope, [...query.shape.slice(0, -1), key.shape.at(-2)!], rate)
  return keep === undefined ? {} : { keep }
}

function dropoutMask(scope: Scope, shape: Shape, rate: number): Tensor | undefined {
  return scope.training && rate > 0 ? randomMask(scope.maskName(), shape, rate) : undefined
}
