/**
 * The frequencies of rotary embeddings, and how they are changed for contexts longer than those of the training, under
 * the names that `rope_scaling` (`rope_parameters` in newer transformers) has in `config.json`.
 *
 * Pair i of the w numbers of a head that are turned turns by fᵢ = θ^(−2i/w) from one position to the next. With s =
 * `factor`, M the context of the training and L the context at hand:
 *
 * - linear (Chen et al., 2023): fᵢ / s.
 * - dynamic (NTK-aware, by length): θ becomes θ · (s·L/M − (s − 1))^(w/(w−2)) where L > M.
 * - yarn (Peng et al., 2023): (1 − r)·fᵢ + r·fᵢ/s, where r rises from 0 to 1 between the pairs that make `beta_fast` and
 *   `beta_slow` turns over M; both sides of each score are multiplied by `attention_factor`, 0.1 · ln s + 1 by default.
 * - llama3: the same blend, where r falls from 1 to 0 as the turns over M rise from `low_freq_factor` to `high_freq_factor`.
 * - longrope (Ding et al., 2024): fᵢ / eᵢ, where e is `short_factor` up to M and `long_factor` where L > M; both sides of each score are
 *   multiplied by `attention_factor`, √(1 + ln s / ln M) by default.
 */
import { YuksuError } from '../errors.ts'

export interface LinearRope {
  readonly rope_type: 'linear'
  readonly factor: number
}

export interface DynamicRope {
  readonly rope_type: 'dynamic'
  readonly factor: number
}

export interface YarnRope {
  readonly rope_type: 'yarn'
  /** The ratio of the model's `max_position_embeddings` to the original ones where it is not given. */
  readonly factor?: number | null | undefined
  readonly original_max_position_embeddings?: number | null | undefined
  readonly attention_factor?: number | null | undefined
  readonly beta_fast?: number | null | undefined
  readonly beta_slow?: number | null | undefined
  readonly mscale?: number | null | undefined
  readonly mscale_all_dim?: number | null | undefined
  /** Whether the ramp begins and ends at whole pairs, which it does by default. */
  readonly truncate?: boolean | null | undefined
}

export interface Llama3Rope {
  readonly rope_type: 'llama3'
  readonly factor: number
  readonly low_freq_factor: number
  readonly high_freq_factor: number
  readonly original_max_position_embeddings: number
}

export interface LongRope {
  readonly rope_type: 'longrope'
  /** A number for each pair, for contexts within that of the training and for longer ones. */
  readonly short_factor: readonly number[]
  readonly long_factor: readonly number[]
  readonly original_max_position_embeddings: number
  /** The ratio of the model's `max_position_embeddings` to the original ones where it is not given. */
  readonly factor?: number | null | undefined
  readonly attention_factor?: number | null | undefined
}

/** `rope_scaling` of a published configuration. */
export type RopeScaling =
  | { readonly rope_type: 'default' }
  | LinearRope
  | DynamicRope
  | YarnRope
  | Llama3Rope
  | LongRope

export interface RopeBase {
  /** How many numbers of a head are turned. */
  readonly width: number
  /** The base of the geometric series of frequencies, 10,000 in the paper. */
  readonly theta: number
  /** The model's `max_position_embeddings`; dynamic scaling must know it, and yarn where a field of its own is missing. */
  readonly maxPositions?: number
  /** The number of positions at hand: dynamic scaling asks, which takes `maxPositions` where it is not given, and longrope, which takes few. */
  readonly length?: number
}

export interface RopeFrequencies {
  /** The angle by which each pair turns from one position to the next, `[width / 2]`. */
  readonly frequencies: Float64Array
  /** What cosines and sines are multiplied by. */
  readonly attentionFactor: number
}

/** Frequencies under a scaling. Throws YuksuError where the width is odd or a size that the scaling needs is missing. */
export function ropeFrequencies(base: RopeBase, scaling: RopeScaling): RopeFrequencies {
  const { width, theta } = base
  if (width % 2 !== 0)
    throw new YuksuError('rotary', `rotary embeddings need heads of even width, given ${width}`)
  switch (scaling.rope_type) {
    case 'default':
      return { frequencies: series(width, theta), attentionFactor: 1 }
    case 'linear':
      return { frequencies: series(width, theta).map((f) => f / scaling.factor), attentionFactor: 1 }
    case 'dynamic':
      return { frequencies: series(width, dynamicTheta(base, scaling)), attentionFactor: 1 }
    case 'yarn':
      return yarn(base, scaling)
    case 'llama3':
      return { frequencies: series(width, theta).map((f) => llama3(f, scaling)), attentionFactor: 1 }
    case 'longrope':
      return longRope(base, scaling)
    default:
      throw new YuksuError(
        'rotary',
        `rope_type '${(scaling as { rope_type: unknown }).rope_type}' is not known; default, linear, dynamic, yarn, llama3 and longrope are`,
      )
  }
}

function series(width: number, theta: number): Float64Array {
  return Float64Array.from({ length: width / 2 }, (_, index) => theta ** ((-2 * index) / width))
}

function trainedContext({ maxPositions }: RopeBase, { rope_type: kind }: RopeScaling): number {
  if (maxPositions !== undefined) return maxPositions
  throw new YuksuError('rotary', `${kind} rotary scaling needs the model's max_position_embeddings`)
}

function dynamicTheta(base: RopeBase, scaling: DynamicRope): number {
  const { width, theta, length = 0 } = base
  const trained = trainedContext(base, scaling)
  const stretch = (scaling.factor * Math.max(length, trained)) / trained - (scaling.factor - 1)
  return theta * stretch ** (width / (width - 2))
}

function yarn(base: RopeBase, scaling: YarnRope): RopeFrequencies {
  const { width, theta } = base
  const trained = scaling.original_max_position_embeddings ?? trainedContext(base, scaling)
  const factor = scaling.factor ?? trainedContext(base, scaling) / trained
  /** The pair, between two whole ones, that makes so many turns over the context of the training. */
  const pairOf = (turns: number) =>
    (width * Math.log(trained / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const whole = scaling.truncate ?? true
  const fast = pairOf(scaling.beta_fast || 32)
  const slow = pairOf(scaling.beta_slow || 1)
  const from = Math.max(whole ? Math.floor(fast) : fast, 0)
  const to = Math.min(whole ? Math.ceil(slow) : slow, width - 1)
  // The reference divides by a thousandth where the ramp has no length.
  const rise = to === from ? 0.001 : to - from
  const frequencies = series(width, theta).map((frequency, index) => {
    const stretched = Math.min(Math.max((index - from) / rise, 0), 1)
    return (1 - stretched) * frequency + (stretched * frequency) / factor
  })
  return { frequencies, attentionFactor: yarnAttentionFactor(scaling, factor) }
}

function yarnAttentionFactor(scaling: YarnRope, factor: number): number {
  const { attention_factor: given, mscale, mscale_all_dim: mscaleAll } = scaling
  if (given !== undefined && given !== null) return given
  const temperature = (multiplier: number) => (factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1)
  return mscale && mscaleAll ? temperature(mscale) / temperature(mscaleAll) : temperature(1)
}

function llama3(frequency: number, scaling: Llama3Rope): number {
  const { factor, low_freq_factor: low, high_freq_factor: high } = scaling
  const turns = (scaling.original_max_position_embeddings * frequency) / (2 * Math.PI)
  if (turns < low) return frequency / factor
  if (turns > high) return frequency
  const kept = (turns - low) / (high - low)
  return (1 - kept) * (frequency / factor) + kept * frequency
}

function longRope(base: RopeBase, scaling: LongRope): RopeFrequencies {
  const { width, theta, length = 0 } = base
  const trained = scaling.original_max_position_embeddings
  const divisors = length > trained ? scaling.long_factor : scaling.short_factor
  if (divisors.length !== width / 2) {
    throw new YuksuError(
      'rotary',
      `longrope has ${divisors.length} factors and heads turn ${width / 2} pairs; expected one for each`,
    )
  }
  const factor = scaling.factor ?? trainedContext(base, scaling) / trained
  const attentionFactor =
    scaling.attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trained)))
  return { frequencies: series(width, theta).map((f, index) => f / divisors[index]!), attentionFactor }
}
