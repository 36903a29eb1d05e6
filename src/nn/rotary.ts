import { constant, type Tensor } from '../engine/tensor.ts'
import { ropeFrequencies, type RopeBase, type RopeFrequencies, type RopeScaling } from './rotary-scaling.ts'

export interface RotaryOptions extends RopeBase {
  readonly scaling?: RopeScaling
}

/** How much of a head of this width is turned where only a share of it is, `partial_rotary_factor` of a configuration. */
export function partialRotaryWidth(headWidth: number, share: number): number {
  return Math.trunc(headWidth * share)
}

/** The angle by which each pair of a head turns from one position to the next, `width / 2` of them. */
export function rotaryFrequencies(options: RotaryOptions): Float64Array {
  return scaled(options).frequencies
}

/** Cosines and sines of positions, each `[positions, width / 2]`. */
export interface RotaryTables {
  readonly cosines: Tensor
  readonly sines: Tensor
}

/**
 * Cosines and sines of every position's angles, each `[positions, width / 2]`, times the attention factor of YaRN and LongRoPE. What depends
 * on a number of positions takes it from `options.length`.
 */
export function rotaryTables(positions: number, options: RotaryOptions): RotaryTables {
  return joinedRotaryTables([{ positions, options }])
}

/** The tables of several scalings, one after the other: `[all positions, width / 2]`. */
export function joinedRotaryTables(
  parts: readonly { readonly positions: number; readonly options: RotaryOptions }[],
): RotaryTables {
  const half = parts[0]!.options.width / 2
  const count = parts.reduce((total, { positions }) => total + positions, 0)
  const cosines = new Float32Array(count * half)
  const sines = new Float32Array(count * half)
  let at = 0
  for (const { positions, options } of parts) {
    const { frequencies, attentionFactor } = scaled(options)
    for (let position = 0; position < positions; position++) {
      for (const frequency of frequencies) {
        const angle = position * frequency
        cosines[at] = attentionFactor * Math.cos(angle)
        sines[at++] = attentionFactor * Math.sin(angle)
      }
    }
  }
  return { cosines: constant(cosines, [count, half]), sines: constant(sines, [count, half]) }
}

function scaled({ scaling = { rope_type: 'default' }, ...base }: RotaryOptions): RopeFrequencies {
  return ropeFrequencies(base, scaling)
}
