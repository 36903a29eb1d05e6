/** How `config.json` files say rotary positions: `rope_theta` and `rope_scaling`, which newer transformers writes as one `rope_parameters`. */
import { z } from 'zod'
import { YuksuError } from '../errors.ts'
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
    z.object({
      rope_type: z.literal('longrope'),
      short_factor: z.array(positive),
      long_factor: z.array(positive),
      original_max_position_embeddings: count,
      factor: positive.nullish(),
      attention_factor: positive.nullish(),
    }),
  ],
  'this kind is not supported; default, linear, dynamic, yarn, llama3 and longrope are',
)

/** What is read besides: newer transformers writes the base here too, older ones call the kind `type`. */
const scaling = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  mrope_section: z.never('positions of images are not supported').optional(),
  full_attention: z
    .never('positions by the kind of a layer are not what this model type computes')
    .optional(),
  sliding_attention: z
    .never('positions by the kind of a layer are not what this model type computes')
    .optional(),
})

/** One object that says it all, as `rope_scaling` and `rope_parameters` do. */
export const ropeObject = scaling.nullish()

/** The keys of `config.json`, for the schema of a family. */
export const ropeKeys = {
  rope_theta: positive.nullish(),
  rope_scaling: ropeObject,
  rope_parameters: ropeObject,
  partial_rotary_factor: positive.max(1).nullish(),
}

type RopeKeys = z.infer<z.ZodObject<typeof ropeKeys>>

/**
 * What the keys say; where they say nothing no scaling, and a base that most families share. Throws YuksuError naming the first value that is
 * missing or not supported.
 */
export function parseRope(given: RopeKeys, family: string, theta = 10_000): RopeConfiguration {
  const rope = given.rope_parameters ?? given.rope_scaling
  return {
    theta: rope?.rope_theta ?? given.rope_theta ?? theta,
    scaling: parseWith(
      z.object({ rope_scaling: scalingKinds }),
      { rope_scaling: { ...rope, rope_type: rope?.rope_type ?? rope?.type ?? 'default' } },
      family,
    ).rope_scaling,
    share: rope?.partial_rotary_factor ?? given.partial_rotary_factor ?? undefined,
  }
}

/** Throws where positions turn by LongRoPE, which only models of the Llama family have here. */
export function refuseLongRope({ rope_type: kind }: RopeScaling, family: string): void {
  if (kind !== 'longrope') return
  throw new YuksuError(
    'model-configuration',
    `config.json of a ${family} model: 'rope_scaling.rope_type': longrope is not supported by this model type; default, linear, dynamic, yarn and llama3 are`,
  )
}

/** Throws where a scaling that has a factor for each pair of a head has another number of them than pairs turn. */
export function checkRopeFactors(scaling: RopeScaling, turnedWidth: number, family: string): void {
  if (scaling.rope_type !== 'longrope') return
  for (const name of ['short_factor', 'long_factor'] as const) {
    if (scaling[name].length === turnedWidth / 2) continue
    throw new YuksuError(
      'model-configuration',
      `config.json of a ${family} model: 'rope_scaling.${name}': ${scaling[name].length} numbers; expected ${turnedWidth / 2}, one for each pair of a head that turns`,
    )
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
