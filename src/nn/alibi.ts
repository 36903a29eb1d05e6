/**
 * Attention with linear biases (Press et al., 2022): head h adds −mₕ · |i − j| to the score of query i and key j, with
 * slopes mₕ = 2^(−8h/H), h = 1 … H, for a number of heads H that is a power of two.
 */
import { absolute } from '../engine/ops/absolute.ts'
import { add } from '../engine/ops/add.ts'
import { keyDistances } from '../engine/ops/key-distances.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { constant, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'

/**
 * The slope of each head. Where their number is no power of two, the slopes of the power below are followed by every other
 * slope of the power above, as in the authors' code and BLOOM.
 */
export function alibiSlopes(heads: number): Float64Array {
  if (!Number.isInteger(heads) || heads < 1)
    throw new YuksuError('alibi', `slopes are given to heads, at least one; given ${heads}`)
  const power = 2 ** Math.floor(Math.log2(heads))
  return Float64Array.from({ length: heads }, (_, head) =>
    head < power ? 2 ** ((-8 * (head + 1)) / power) : 2 ** ((-4 * (2 * (head - power) + 1)) / power),
  )
}

/**
 * A mask `[batch or 1, 1, length, past + length]` with the biases of all heads added, `[…, heads, length, past + length]`: what attention is given
 * in place of the mask. Computed in the program from the places of queries and keys alone, so that it holds for whatever the mask is of: a cache
 * before the tokens, rows padded on either side, texts packed into a row. A causal mask hides the half where j > i; without one the
 * distance counts alike in both directions.
 *
 * BLOOM adds mₕ · j instead: larger by the same number for all keys of a query, which softmax does not see. Distances
 * are small where attention is, and f32 keeps them exact there.
 */
export function alibiMask(mask: Tensor, heads: number): Tensor {
  const slopes = constant(
    Float32Array.from(alibiSlopes(heads), (slope) => -slope),
    [heads, 1, 1],
  )
  return add(mask, multiply(slopes, absolute(keyDistances(mask))))
}
