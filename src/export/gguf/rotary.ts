/**
 * Rotary positions as llama.cpp is told of them. A base and a scaling kind are values of the metadata; the frequencies of Llama 3 go in as a
 * tensor of divisors, `rope_freqs`, one for each pair of a head.
 */
import { ropeFrequencies, type RopeScaling } from '../../nn/rotary-scaling.ts'
import {
  type ArchitectureDescription,
  float32,
  numberOf,
  type Settings,
  string,
  type TensorChange,
  uint32,
  unsupported,
} from './architecture.ts'

type Rope = RopeScaling & { readonly rope_theta: number }

/** The values, and the tensor where there is one, that give llama.cpp the same angles. `width` is how much of a head is turned. */
export function describeRotary(
  architecture: string,
  settings: Settings,
  width: number,
): Required<Pick<ArchitectureDescription, 'values' | 'computed'>> {
  const given = settings.rope_parameters as Rope | { readonly full_attention: Rope }
  // Gemma 3 has positions for each kind of its layers; those with a window are the architecture's to know.
  const rope = 'full_attention' in given ? given.full_attention : given
  const maxPositions = numberOf(settings, 'max_position_embeddings')
  const values: ArchitectureDescription['values'] = [
    ['rope.dimension_count', uint32(width)],
    ['rope.freq_base', float32(rope.rope_theta)],
  ]
  const base = { width, theta: rope.rope_theta, maxPositions }
  switch (rope.rope_type) {
    case 'default':
    // Up to the context of the training, which is the file's, it is none.
    case 'dynamic':
      return { values, computed: [] }
    case 'linear':
      return {
        values: [
          ...values,
          ['rope.scaling.type', string('linear')],
          ['rope.scaling.factor', float32(rope.factor)],
        ],
        computed: [],
      }
    case 'yarn': {
      if (rope.truncate === false)
        throw unsupported(architecture, 'its yarn scaling has truncate false, and llama.cpp always truncates')
      const original = rope.original_max_position_embeddings ?? maxPositions
      const factor = rope.factor ?? maxPositions / original
      const { attentionFactor } = ropeFrequencies(base, rope)
      return {
        values: [
          ...values,
          ['rope.scaling.type', string('yarn')],
          ['rope.scaling.factor', float32(factor)],
          ['rope.scaling.original_context_length', uint32(original)],
          ['rope.scaling.yarn_beta_fast', float32(rope.beta_fast || 32)],
          ['rope.scaling.yarn_beta_slow', float32(rope.beta_slow || 1)],
          // llama.cpp multiplies by the customary factor itself.
          [
            'rope.scaling.attn_factor',
            float32(attentionFactor / (factor > 1 ? 0.1 * Math.log(factor) + 1 : 1)),
          ],
        ],
        computed: [],
      }
    }
    case 'llama3': {
      const plain = ropeFrequencies(base, { rope_type: 'default' }).frequencies
      const { frequencies } = ropeFrequencies(base, rope)
      const divisors = Float32Array.from(plain, (frequency, index) => frequency / frequencies[index]!)
      return { values, computed: [{ name: 'rope_freqs.weight', values: divisors }] }
    }
    case 'longrope': {
      const trained = rope.original_max_position_embeddings ?? maxPositions
      const { attentionFactor } = ropeFrequencies(base, rope)
      const factors = (name: string, of: readonly number[]) => ({ name, values: Float32Array.from(of) })
      return {
        values: [
          ...values,
          ['rope.scaling.original_context_length', uint32(trained)],
          ['rope.scaling.attn_factor', float32(attentionFactor)],
        ],
        computed: [
          factors('rope_factors_long.weight', rope.long_factor),
          factors('rope_factors_short.weight', rope.short_factor),
        ],
      }
    }
    default:
      throw unsupported(
        architecture,
        `its rotary scaling is '${(rope as { rope_type: string }).rope_type}'; default, linear, dynamic, yarn and llama3 can be told`,
      )
  }
}

/**
 * Published checkpoints pair the numbers i and i + w/2 of a head, and some architectures of llama.cpp neighbours: the rows of a head go from
 * 0, 1, … w/2, w/2 + 1, … to 0, w/2, 1, w/2 + 1, …
 */
export function pairNeighbours(heads: string): TensorChange {
  return {
    toFile: (values, shape, settings) =>
      moveRows(values, shape, numberOf(settings, heads), (pair, half, part) => [
        part * half + pair,
        2 * pair + part,
      ]),
    fromFile: (values, shape, settings) =>
      moveRows(values, shape, numberOf(settings, heads), (pair, half, part) => [
        2 * pair + part,
        part * half + pair,
      ]),
  }
}

function moveRows(
  values: Float32Array,
  shape: readonly number[],
  heads: number,
  rows: (pair: number, half: number, part: number) => readonly [from: number, to: number],
): Float32Array {
  const width = shape[0]! / heads
  const length = values.length / shape[0]!
  const moved = new Float32Array(values.length)
  for (let head = 0; head < heads; head++) {
    for (let pair = 0; pair < width / 2; pair++) {
      for (const part of [0, 1]) {
        const [from, to] = rows(pair, width / 2, part)
        const start = (head * width + from) * length
        moved.set(values.subarray(start, start + length), (head * width + to) * length)
      }
    }
  }
  return moved
}
