import { attention } from '../../engine/ops/attention.ts'
import type { Tensor } from '../../engine/tensor.ts'
import { attentionDropout } from '../../nn/dropout.ts'
import { mergeHeads, splitHeads } from '../../nn/heads.ts'
import type { KeyValue } from '../../nn/key-value-cache.ts'
import { linear } from '../../nn/linear.ts'
import type { Scope } from '../../nn/scope.ts'
import type { T5Configuration } from './configuration.ts'

/** Keys and values that a block of attention makes of `[batch, keys, width]`. */
export function keyValue(block: Scope, x: Tensor, heads: number): KeyValue {
  return {
    key: splitHeads(linear(block.at('k'), x), heads),
    value: splitHeads(linear(block.at('v'), x), heads),
  }
}

/** What a block of attention gives queries `[batch, length, width]` of these. The scores are not divided by anything. */
export function attend(
  block: Scope,
  x: Tensor,
  { key, value }: KeyValue,
  added: { readonly mask?: Tensor; readonly bias?: Tensor },
  { heads, dropout: rate }: T5Configuration,
): Tensor {
  const query = splitHeads(linear(block.at('q'), x), heads)
  const options = { scale: 1, ...added, ...attentionDropout(block, query, key, rate) }
  return linear(block.at('o'), mergeHeads(attention(query, key, value, options)))
}
