import { reshape } from '../engine/ops/reshape.ts'
import { slice } from '../engine/ops/slice.ts'
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

/**
 * What one linear layer gives for queries, keys and values together, `[batch, length, shared · (group + 2) · width]`: for each of the `shared` key
 * heads its group of query heads, then the key, then the value (GPT-NeoX, BLOOM, Falcon). Queries are `[batch, heads, length, width]`, keys and values
 * `[batch, shared, length, width]`.
 */
export function splitFusedHeads(
  x: Tensor,
  heads: number,
  shared = heads,
): { readonly query: Tensor; readonly key: Tensor; readonly value: Tensor } {
  const [batch, length, total] = x.shape
  const group = heads / shared
  const width = (total as number) / (heads + 2 * shared)
  const grouped = reshape(x, [batch!, length!, shared, group + 2, width])
  const part = (from: number, to: number) => {
    const flat = reshape(slice(grouped, 3, from, to), [batch!, length!, shared * (to - from), width])
    return transpose(flat, [0, 2, 1, 3])
  }
  return { query: part(0, group), key: part(group, group + 1), value: part(group + 1, group + 2) }
}
