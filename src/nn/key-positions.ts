import { keyDistances } from '../engine/ops/key-distances.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { maximum } from '../engine/ops/maximum.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { subtract } from '../engine/ops/subtract.ts'
import { toIntegers } from '../engine/ops/to-integers.ts'
import { constant, type Tensor } from '../engine/tensor.ts'

/**
 * The position of every key of a row that goes on from a cache, `[batch, past + length]`, counted back from that of its last token; 0 at padding
 * before the first. `positions` is `[batch, length]`, and of `mask`, `[…, length, past + length]`, only the sizes are read.
 */
export function keyPositions(positions: Tensor, mask: Tensor): Tensor {
  const [length, keys] = mask.shape.slice(-2)
  const distances = lastPosition(reshape(keyDistances(mask), [1, length!, keys!]))
  const counted = subtract(lastPosition(positions), toIntegers(reshape(distances, [1, keys!])))
  return maximum(counted, constant(BigInt64Array.of(0n), []))
}
