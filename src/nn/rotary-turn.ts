/** Queries and keys turned by their positions, under a scaling that may depend on how long their row is. */
import { add } from '../engine/ops/add.ts'
import { greaterOrEqual } from '../engine/ops/comparisons.ts'
import { reduceMaximum } from '../engine/ops/reduce-maximum.ts'
import { rotary } from '../engine/ops/rotary.ts'
import { scale } from '../engine/ops/scale.ts'
import { toIntegers } from '../engine/ops/to-integers.ts'
import { constant, type Tensor } from '../engine/tensor.ts'
import { joinedRotaryTables, rotaryTables, type RotaryOptions } from './rotary.ts'

/** Turns queries or keys, `[batch, heads, length, width]`. */
export type RotaryTurn = (x: Tensor) => Tensor

/**
 * The turn by `positions`, `[batch, length]`, of which there are `count` to tell apart, of as much of each head as `options.width` says.
 *
 * LongRoPE turns a row by other angles once it is longer than the context of the training, its first tokens too. Each row goes by its own
 * last position, so that neither what is beside it nor padding, whose positions are 0, changes anything. Whoever keeps keys of a row
 * reads it again from its first token when it passes that length (`DecoderFamily.rereadAfter`).
 */
export function rotaryTurn(positions: Tensor, count: number, options: RotaryOptions): RotaryTurn {
  const { scaling } = options
  const trained = scaling?.rope_type === 'longrope' ? scaling.original_max_position_embeddings : count
  if (count <= trained) {
    const { cosines, sines } = rotaryTables(count, options)
    return (x) => rotary(x, positions, cosines, sines)
  }
  const { cosines, sines } = joinedRotaryTables([
    { positions: trained, options: { ...options, length: trained } },
    { positions: count, options: { ...options, length: count } },
  ])
  const places = longPlaces(positions, trained)
  return (x) => rotary(x, places, cosines, sines)
}

/**
 * The rows of joined tables for positions `[batch, length]`: in rows that reach beyond the context of the training those of the second table,
 * which begin behind the first `trained`.
 */
function longPlaces(positions: Tensor, trained: number): Tensor {
  const farthest = reduceMaximum(positions, [1], true)
  const isLong = greaterOrEqual(farthest, constant(BigInt64Array.of(BigInt(trained)), []))
  return add(positions, toIntegers(scale(isLong, trained)))
}
