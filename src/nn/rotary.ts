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

/** Cosines and sines of every position's angles, each `[positions, width / 2]`, times the attention factor of YaRN. */
export function rotaryTables(positions: number, options: RotaryOptions): { cosines: Tensor; sines: Tensor } {
  const { frequencies, attentionFactor } = scaled(options)
  const half = frequencies.length
  const cosines = new Float32Array(positions * half)
  const sines = new Float32Array(positions * half)
  for (let position = 0; position < positions; position++) {
    for (let index = 0; index < half; index++) {
      const angle = position * frequencies[index]!
      cosines[position * half + index] = attentionFactor * Math.cos(angle)
      sines[position * half + index] = attentionFactor * Math.sin(angle)
    }
  }
  return { cosines: constant(cosines, [positions, half]), sines: constant(sines, [positions, half]) }
}

function scaled({ scaling = { rope_type: 'default' }, ...base }: RotaryOptions): RopeFrequencies {
  return ropeFrequencies(base, scaling)
}
