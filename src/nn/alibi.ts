/**
 * Attention with linear biases (Press et al., 2022): head h adds −mₕ · |i − j| to the score of query i and key j, with
 * slopes mₕ = 2^(−8h/H), h = 1 … H, for a number of heads H that is a power of two.
 */
import { floats, type HostTensor } from '../engine/session.ts'
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
 * `[1, heads, length, past + length]`: what is added to the scores of queries that come after `past` cached keys. A causal
 * mask hides the half where j > i; without one the distance counts alike in both directions.
 *
 * BLOOM adds mₕ · j instead: larger by the same number for all keys of a query, which softmax does not see. Distances
 * are small where attention is, and f32 keeps them exact there.
 */
export function alibiBias(heads: number, length: number, past = 0): HostTensor {
  const slopes = alibiSlopes(heads)
  const keys = past + length
  const data = new Float32Array(heads * length * keys)
  let at = 0
  for (const slope of slopes) {
    for (let query = past; query < keys; query++) {
      for (let key = 0; key < keys; key++) data[at++] = -slope * Math.abs(query - key)
    }
  }
  return floats(data, [1, heads, length, keys])
}
