import { expand } from '../engine/ops/expand.ts'
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

/** Repeats each key/value head for the group of query heads that share it (Ainslie et al., 2023). */
export function repeatHeads(x: Tensor, times: number): Tensor {
  if (times === 1) return x
  const [batch, heads, length, width] = x.shape
  const grouped = expand(reshape(x, [batch!, heads!, 1, length!, width!]), [
    batch!,
    heads!,
    times,
    length!,
    width!,
  ])
  return reshape(grouped, [batch!, (heads as number) * times, length!, width!])
}
