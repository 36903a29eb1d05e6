/**
 * Queries and keys turned by their positions, beside a cache of keys as without one.
 *
 * Keys are kept turned, each by its own position once and for all, unless the turn of a token depends on how long its row has become:
 * LongRoPE turns every key of a row by other angles once it is longer than the context of the training. There the cache keeps keys as they
 * are, and all of them are turned in every step, so that a step gives what reading the whole row at once gives.
 */
import { add } from '../engine/ops/add.ts'
import { greaterOrEqual } from '../engine/ops/comparisons.ts'
import { reduceMaximum } from '../engine/ops/reduce-maximum.ts'
import { rotary } from '../engine/ops/rotary.ts'
import { scale } from '../engine/ops/scale.ts'
import { toIntegers } from '../engine/ops/to-integers.ts'
import { constant, type Tensor } from '../engine/tensor.ts'
import { keyPositions } from './key-positions.ts'
import { joinedRotaryTables, rotaryTables, type RotaryOptions } from './rotary.ts'

export interface RotaryTurn {
  /** Queries, `[batch, heads, length, width]`. */
  readonly queries: (x: Tensor) => Tensor
  /** Keys of the tokens at hand, before a cache keeps them. */
  readonly keptKeys: (x: Tensor) => Tensor
  /** All keys, of the past and of the tokens at hand, `[batch, heads, past + length, width]`, when they meet queries. */
  readonly allKeys: (x: Tensor) => Tensor
}

export interface RotaryTurnInputs {
  /** `[batch, length]`, one more from token to token of a row, but 0 where it is padded. */
  readonly positions: Tensor
  /** The mask of attention, `[…, length, past + length]`: how many keys there are. */
  readonly mask: Tensor
  /** How many positions there are to tell apart. */
  readonly count: number
  /** Whether keys come out of a cache. */
  readonly isCached: boolean
}

const unturned = (x: Tensor) => x

/** The turn of layers that know no positions but by their mask. */
export const noTurn: RotaryTurn = { queries: unturned, keptKeys: unturned, allKeys: unturned }

/** The turn under a scaling, of as much of each head as `options.width` says. */
export function rotaryTurn(
  { positions, mask, count, isCached }: RotaryTurnInputs,
  options: RotaryOptions,
): RotaryTurn {
  const { scaling } = options
  const trained = scaling?.rope_type === 'longrope' ? scaling.original_max_position_embeddings : count
  if (count <= trained) {
    const { cosines, sines } = rotaryTables(count, options)
    const turn = (x: Tensor) => rotary(x, positions, cosines, sines)
    return { queries: turn, keptKeys: turn, allKeys: unturned }
  }
  const { cosines, sines } = joinedRotaryTables([
    { positions: trained, options: { ...options, length: trained } },
    { positions: count, options: { ...options, length: count } },
  ])
  const places = longPlaces(positions, trained)
  const keyPlaces = isCached ? longPlaces(keyPositions(positions, mask), trained) : places
  return {
    queries: (x) => rotary(x, places, cosines, sines),
    keptKeys: unturned,
    allKeys: (x) => rotary(x, keyPlaces, cosines, sines),
  }
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
