/** How `config.json` files say rotary positions: `rope_theta` and `rope_scaling`, which newer transformers writes as one `rope_parameters`. */
import { z } from 'zod'
import type { RopeScaling } from '../nn/rotary-scaling.ts'
import { parseWith } from './configuration.ts'

export interface RopeConfiguration {
  readonly theta: number
  readonly scaling: RopeScaling
  /** How much of a head is turned, `partial_rotary_factor`; undefined where it is not said here. */
  readonly share: number | undefined
}

const count = z.number().int().positive()

const positive = z.number().positive()

/** A kind that is not known is refused, because it would answer wrongly without a word. */
const scalingKinds = z.discriminatedUnion(
  'rope_type',
  [
    z.object({ rope_type: z.literal('default') }),
    z.object({ rope_type: z.literal('linear'), factor: positive }),
    // Longer than the model's own context alone does it differ from none, and that is not read.
    z.object({ rope_type: z.literal('dynamic'), factor: positive }),
    z.object({
      rope_type: z.literal('yarn'),
      factor: positive,
      original_max_position_embeddings: count.nullish(),
      attention_factor: positive.nullish(),
      beta_fast: positive.nullish(),
      beta_slow: positive.nullish(),
      mscale: z.number().nullish(),
      mscale_all_dim: z.number().nullish(),
      truncate: z.boolean().nullish(),
    }),
    z.object({
      rope_type: z.literal('llama3'),
      factor: positive,
      low_freq_factor: positive,
      high_freq_factor: positive,
      original_max_position_embeddings: count,
    }),
  ],
  'this kind is not supported; default, linear, dynamic, yarn and llama3 are',
)

/** What is read besides: newer transformers writes the base here too, older ones call the kind `type`. */
const scaling = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
})

/** The keys of `config.json`, for the schema of a family. */
export const ropeKeys = {
  rope_theta: positive.nullish(),
  rope_scaling: scaling.nullish(),
  rope_parameters: scaling.nullish(),
}

type RopeKeys = z.infer<z.ZodObject<typeof ropeKeys>>

/** What the keys say, 10,000 and no scaling where they say nothing. Throws YuksuError naming the first value that is missing or not supported. */
export function parseRope(given: RopeKeys, family: string): RopeConfiguration {
  const rope = given.rope_parameters ?? given.rope_scaling
  return {
    theta: rope?.rope_theta ?? given.rope_theta ?? 10_000,
    scaling: parseWith(
      z.object({ rope_scaling: scalingKinds }),
      { rope_scaling: { ...rope, rope_type: rope?.rope_type ?? rope?.type ?? 'default' } },
      family,
    ).rope_scaling,
    share: rope?.partial_rotary_factor,
  }
}

/** The keys for older and newer readers. */
export function formatRope({ theta, scaling: kind, share }: RopeConfiguration): Record<string, unknown> {
  const rope = { rope_theta: theta, ...kind, ...(share !== undefined && { partial_rotary_factor: share }) }
  return {
    rope_theta: theta,
    rope_scaling: kind.rope_type === 'default' ? null : rope,
    rope_parameters: rope,
  }
}
