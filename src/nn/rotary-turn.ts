/** Queries and keys turned by their positions, under a scaling that may depend on how long their text is. */
import { add } from '../engine/ops/add.ts'
import { greater, greaterOrEqual } from '../engine/ops/comparisons.ts'
import { cumulativeSum } from '../engine/ops/cumulative-sum.ts'
import { equal } from '../engine/ops/equal.ts'
import { gather } from '../engine/ops/gather.ts'
import { reduceMaximum } from '../engine/ops/reduce-maximum.ts'
import { rotary } from '../engine/ops/rotary.ts'
import { scale } from '../engine/ops/scale.ts'
import { scatterAdd } from '../engine/ops/scatter-add.ts'
import { subtract } from '../engine/ops/subtract.ts'
import { toIntegers } from '../engine/ops/to-integers.ts'
import { zeros } from '../engine/ops/zeros.ts'
import { constant, scalar, type Tensor } from '../engine/tensor.ts'
import { joinedRotaryTables, rotaryTables, type RotaryOptions } from './rotary.ts'

/** Turns queries or keys, `[batch, heads, length, width]`. */
export type RotaryTurn = (x: Tensor) => Tensor

export interface RotaryTurnInputs {
  /** `[batch, length]`, one more from token to token of a text, and 0 where a row is padded or another text begins. */
  readonly positions: Tensor
  /** How many positions there are to tell apart. */
  readonly count: number
  /** Whether rows go on from a cache: each is one text then. */
  readonly isCached: boolean
}

/**
 * The turn by positions, of as much of each head as `options.width` says.
 *
 * LongRoPE turns a text by other angles once it is longer than the context of the training, its first tokens too. Each text goes by its own
 * length, so that neither what is beside it, in its row or in others, nor padding changes anything. Whoever keeps keys of a text
 * reads it again from its first token when it passes that length (`DecoderFamily.rereadAfter`).
 */
export function rotaryTurn(
  { positions, count, isCached }: RotaryTurnInputs,
  options: RotaryOptions,
): RotaryTurn {
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
  const isLong = isCached ? isLongRow(positions, trained) : isLongText(positions, trained)
  // The second table begins behind the first.
  const places = add(positions, toIntegers(scale(isLong, trained)))
  return (x) => rotary(x, places, cosines, sines)
}

/** 1 for rows whose last token is beyond the context of the training, `[batch, 1]`. */
function isLongRow(positions: Tensor, trained: number): Tensor {
  const last = reduceMaximum(positions, [1], true)
  return greaterOrEqual(last, constant(BigInt64Array.of(BigInt(trained)), []))
}

/** 1 for tokens of texts that are longer than the context of the training, `[batch, length]`: how many share a beginning is counted. */
function isLongText(positions: Tensor, trained: number): Tensor {
  const ones = equal(positions, positions)
  const beginnings = subtract(toIntegers(cumulativeSum(ones, 1, { exclusive: true })), positions)
  const lengths = scatterAdd(zeros(positions.shape), beginnings, ones, 1)
  return greater(gather(lengths, beginnings, 1), scalar(trained))
}
