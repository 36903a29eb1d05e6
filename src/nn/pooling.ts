import { divide } from '../engine/ops/divide.ts'
import { equal } from '../engine/ops/equal.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { sum } from '../engine/ops/sum.ts'
import { takeRows } from '../engine/ops/take-rows.ts'
import { transpose } from '../engine/ops/transpose.ts'
import { constant, scalar, type Tensor } from '../engine/tensor.ts'

/** What stands at the first token of each row, `[batch, length, width]` → `[batch, width]`: where BERT has what it says of a whole text. */
export function firstToken(x: Tensor): Tensor {
  const first = takeRows(transpose(x, [1, 0, 2]), constant(BigInt64Array.of(0n), [1]))
  return reshape(first, [x.shape[0]!, x.shape[2]!])
}

/** The mean over the tokens of each row that a mask `[batch, 1, 1, length]` lets be seen, `[batch, length, width]` → `[batch, width]`. */
export function meanOfTokens(x: Tensor, mask: Tensor): Tensor {
  const seen = reshape(equal(mask, scalar(0)), [x.shape[0]!, x.shape[1]!, 1])
  return divide(sum(multiply(x, seen), [1]), sum(seen, [1]))
}
