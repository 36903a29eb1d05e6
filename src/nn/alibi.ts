/**
 * Attention with linear biases (Press et al., 2022): head h adds −mₕ · |i − j| to the score of query i and key j, with
 * slopes mₕ = 2^(−8h/H), h = 1 … H, for a number of heads H that is a power of two.
 */
import { absolute } from '../engine/ops/absolute.ts'
import { add } from '../engine/ops/add.ts'
import { keyDistances } from '../engine/ops/key-distances.ts'
import { embedding } from '../engine/ops/embedding.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { transpose } from '../engine/ops/transpose.ts'
import { constant, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { bfloat16ToFloat32, float32ToBfloat16 } from '../formats/half.ts'

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

export interface RoundedAlibiOptions {
  readonly heads: number
  /** How many positions there are to tell apart. */
  readonly positions: number
  /** What the biases are multiplied by after they were rounded. */
  readonly scale: number
}

/**
 * A mask with mₕ · p added for a key at position p, slope, position and product rounded to bfloat16, as Falcon adds it. The rounding grows with p, so
 * that it is not the same for all keys of a query, and softmax does see it. `keys` are the positions of all keys, `[batch, past + length]`.
 */
export function roundedAlibiMask(mask: Tensor, keys: Tensor, options: RoundedAlibiOptions): Tensor {
  const { heads, positions, scale } = options
  const slopes = roundToBfloat16(Float32Array.from(alibiSlopes(heads)))
  const places = roundToBfloat16(Float32Array.from({ length: positions }, (_, place) => place))
  const products = Float32Array.from(
    { length: positions * heads },
    (_, index) => places[Math.floor(index / heads)]! * slopes[index % heads]!,
  )
  const table = roundToBfloat16(products).map((bias) => bias * scale)
  const biases = transpose(embedding(constant(table, [positions, heads]), keys), [0, 2, 1])
  const [batch, , count] = biases.shape
  return add(mask, reshape(biases, [batch!, heads, 1, count!]))
}

function roundToBfloat16(values: Float32Array): Float32Array {
  const bits = new Uint16Array(values.length)
  float32ToBfloat16(values, bits)
  const rounded = new Float32Array(values.length)
  bfloat16ToFloat32(bits, rounded)
  return rounded
}
