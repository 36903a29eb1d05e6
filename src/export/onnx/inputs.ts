/** What transformers.js and Optimum give a model, made into what our families take: masks that are added to scores, and places. */
import type { Dimension } from '../../engine/dimension.ts'
import { add } from '../../engine/ops/add.ts'
import { greater } from '../../engine/ops/comparisons.ts'
import { cumulativeSum } from '../../engine/ops/cumulative-sum.ts'
import { equal } from '../../engine/ops/equal.ts'
import { multiply } from '../../engine/ops/multiply.ts'
import { reshape } from '../../engine/ops/reshape.ts'
import { subtract } from '../../engine/ops/subtract.ts'
import { toIntegers } from '../../engine/ops/to-integers.ts'
import { where } from '../../engine/ops/where.ts'
import type { Lowering } from '../../engine/lowering.ts'
import { constant, recordOne, scalar, type Tensor } from '../../engine/tensor.ts'
import { hidden } from '../../models/masks.ts'

/** The name that the cache has for how many places it holds. */
const past = 'past'

/** `[batch, 1, 1, length]` of `[batch, length]` with 1 where there is a token and 0 at padding. */
export function addedMask(attended: Tensor): Tensor {
  const [batch, length] = attended.shape
  const isThere = greater(attended, constant(BigInt64Array.of(0n), []))
  return reshape(where(isThere, scalar(0), scalar(hidden)), [batch!, 1, 1, length!])
}

/** `[1, 1, length, past + length]`: a token sees what came before it, and itself. `tokens` is `[batch, length]`. */
export function causalMaskOf(tokens: Tensor): Tensor {
  const length = tokens.shape[1]!
  return recordOne({
    name: 'causalMask',
    inputs: [tokens],
    output: { shape: [1, 1, length, `${past}+${length}`], dtype: 'float32' },
    lower(lowering, _, outputs) {
      const { from, to } = bounds(lowering, length)
      const keys = range(lowering, zero(lowering), to)
      const queries = lowering.emit('Unsqueeze', [range(lowering, from, to), lowering.integers([1])])
      const seen = lowering.emit('LessOrEqual', [keys, queries])
      const mask = lowering.emit('Where', [seen, lowering.float(0), lowering.float(hidden)])
      lowering.emit('Unsqueeze', [mask, lowering.integers([0, 1])], { outputs })
    },
  })
}

/** `past, past + 1, …` of `[length]` for tokens of `[batch, length]`; from 0 where the program has no cache. */
export function placesOf(tokens: Tensor, hasPast: boolean): Tensor {
  const length = tokens.shape[1]!
  return recordOne({
    name: 'places',
    inputs: [tokens],
    output: { shape: [length], dtype: 'int64' },
    lower(lowering, _, outputs) {
      const { from, to } = hasPast
        ? bounds(lowering, length)
        : { from: zero(lowering), to: single(lowering, lowering.shape([length])) }
      range(lowering, from, to, outputs)
    },
  })
}

/** Places of `[batch, length]` tokens counted over those that are no padding, from the number after its id: RoBERTa's. Padding has its id. */
export function placesBesidePadding(tokens: Tensor, padding: number): Tensor {
  const isPadding = equal(tokens, constant(BigInt64Array.of(BigInt(padding)), []))
  const isToken = subtract(scalar(1), isPadding)
  return toIntegers(add(multiply(cumulativeSum(isToken, -1), isToken), scalar(padding)))
}

/** The places of the first and behind the last token, as numbers without axes. */
function bounds(lowering: Lowering, length: Dimension): { from: string; to: string } {
  const before = lowering.shape([past])
  const behind = lowering.emit('Add', [before, lowering.shape([length])])
  return { from: single(lowering, before), to: single(lowering, behind) }
}

function single(lowering: Lowering, value: string): string {
  return lowering.emit('Squeeze', [value])
}

function zero(lowering: Lowering): string {
  return lowering.constant(BigInt64Array.of(0n), [], 'int64')
}

function range(lowering: Lowering, from: string, to: string, outputs?: readonly string[]): string {
  const one = lowering.constant(BigInt64Array.of(1n), [], 'int64')
  return lowering.emit('Range', [from, to, one], outputs && { outputs })
}
