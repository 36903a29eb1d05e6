import { reshape } from '../engine/ops/reshape.ts'
import { transpose } from '../engine/ops/transpose.ts'
import type { Tensor } from '../engine/tensor.ts'

/** `[batch, length, heads · width]` → `[batch, heads, length, width]`. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape
  return transpose(reshape(x, [batch!, length!, heads, (width as number) / heads]), [0, 2, 1, 3])
}

/** `[batch, heads, length, width]` → `[batch, length, heads · width]`. */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape
  return reshape(transpose(x, [0, 2, 1, 3]), [batch!, length!, (heads as number) * (width as number)])
}
