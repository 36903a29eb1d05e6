import { constant, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'

/** How the angles of rotary embeddings are stretched for longer contexts, as `rope_scaling` in `config.json` says. */
export type RotaryScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalMaxPositions: number
    }

export interface RotaryOptions {
  /** The width of one head. */
  readonly width: number
  /** The base of the geometric series of frequencies, 10,000 in the paper. */
  readonly theta: number
  readonly scaling?: RotaryScaling
}

/** The angle by which each pair of a head turns from one position to the next, `width / 2` of them. */
export function rotaryFrequencies({
  width,
  theta,
  scaling = { type: 'default' },
}: RotaryOptions): Float64Array {
  if (width % 2 !== 0)
    throw new YuksuError('rotary', `rotary embeddings need heads of even width, given ${width}`)
  return Float64Array.from({ length: width / 2 }, (_, index) => {
    const frequency = theta ** ((-2 * index) / width)
    if (scaling.type === 'linear') return frequency / scaling.factor
    if (scaling.type === 'llama3') return llama3Frequency(frequency, scaling)
    return frequency
  })
}

/** Llama 3.1: long waves are stretched by the factor, short ones kept, those between blended. */
function llama3Frequency(frequency: number, scaling: Extract<RotaryScaling, { type: 'llama3' }>): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions } = scaling
  const turns = (originalMaxPositions * frequency) / (2 * Math.PI)
  if (turns < low) return frequency / factor
  if (turns > high) return frequency
  const blend = (turns - low) / (high - low)
  return (1 - blend) * (frequency / factor) + blend * frequency
}

/** Cosines and sines of every position's angles, each `[positions, width / 2]`. */
export function rotaryTables(positions: number, options: RotaryOptions): { cosines: Tensor; sines: Tensor } {
  const frequencies = rotaryFrequencies(options)
  const half = frequencies.length
  const cosines = new Float32Array(positions * half)
  const sines = new Float32Array(positions * half)
  for (let position = 0; position < positions; position++) {
    for (let index = 0; index < half; index++) {
      const angle = position * frequencies[index]!
      cosines[position * half + index] = Math.cos(angle)
      sines[position * half + index] = Math.sin(angle)
    }
  }
  return { cosines: constant(cosines, [positions, half]), sines: constant(sines, [positions, half]) }
}
