/**
 * LoRA (Hu et al., 2021): y = W·x + (α / r) · B·(A·x), with W as it was and r the rank of what is learned.
 *
 * Names, shapes and beginnings are PEFT's: `lora_A.weight` `[rank, in]` of uniform numbers within 1 / √in (Kaiming's with a = √5),
 * `lora_B.weight` `[out, rank]` of zeros, so that the model answers as before until it is trained.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { scale } from '../engine/ops/scale.ts'
import { YuksuError } from '../errors.ts'
import type { EncoderConfiguration, ParameterSpecification } from '../models/family.ts'
import { type LayerTargets, type LinearLayer, targetedLayers } from '../models/linear-layers.ts'
import type { Model } from '../models/model.ts'
import { dropout } from '../nn/dropout.ts'
import { linear } from '../nn/linear.ts'
import type { LinearAttachment } from '../nn/scope.ts'
import type { Adapter } from './adapter.ts'

export interface LowRankOptions {
  readonly rank: number
  /** What is learned counts alpha / rank times. */
  readonly alpha: number
  /** Linear layers by the ends of their paths, such as `q_proj`. */
  readonly targets: LayerTargets
  /** The share of what A reads that is dropped while training; 0 by default. */
  readonly dropout?: number
}

/** Throws YuksuError where the rank, alpha or the dropout makes no sense; the adapter, where a target names no layer. */
export function lowRank(options: LowRankOptions): Adapter {
  checkOptions(options)
  const { rank, alpha, targets, dropout: rate = 0 } = options
  // The factor goes onto the narrow side.
  const attachment: LinearAttachment = (scope, x, layer) => {
    const narrow = scale(linear(scope.at('lora_A'), dropout(scope.at('lora_dropout'), x, rate)), alpha / rank)
    return add(layer(x), linear(scope.at('lora_B'), narrow))
  }
  return (model) => {
    const layers = targetedLayers(model, targets)
    const names = targets === 'all-linear' ? layers.map(({ path }) => path.split('.').at(-1)!) : targets
    return {
      parameters: layers.flatMap((layer) => parametersOf(layer, rank)),
      attachments: new Map(layers.map(({ path }) => [path, attachment])),
      adapterConfiguration: {
        peft_type: 'LORA',
        task_type: taskType(model),
        base_model_name_or_path: null,
        r: rank,
        lora_alpha: alpha,
        lora_dropout: rate,
        target_modules: [...new Set(names)],
        bias: 'none',
        // PEFT's word for weights that files hold as [in, out], GPT-2's.
        fan_in_fan_out: storedTransposed(model, layers),
        init_lora_weights: true,
        inference_mode: true,
      },
    }
  }
}

/** What PEFT calls the task of a model; null where it has no name for it. */
function taskType({ family, configuration }: Model): string | null {
  if (family.kind === 'decoder') return 'CAUSAL_LM'
  if (family.kind === 'encoder-decoder') return 'SEQ_2_SEQ_LM'
  const { head } = configuration as EncoderConfiguration
  const names = {
    'sequence-classification': 'SEQ_CLS',
    'token-classification': 'TOKEN_CLS',
    none: 'FEATURE_EXTRACTION',
  } as const
  return head in names ? names[head as keyof typeof names] : null
}

function storedTransposed({ family, configuration }: Model, layers: readonly LinearLayer[]): boolean {
  const transposed = new Set(
    family.parameters(configuration).flatMap(({ name, storedTransposed: is }) => (is ? name : [])),
  )
  return layers.some(({ weight }) => transposed.has(weight))
}

function parametersOf({ path, shape: [out, width] }: LinearLayer, rank: number): ParameterSpecification[] {
  const bound = 1 / Math.sqrt(width)
  return [
    {
      name: `${path}.lora_A.weight`,
      shape: [rank, width],
      initialization: { bound },
      trainable: true,
    },
    { name: `${path}.lora_B.weight`, shape: [out, rank], initialization: 'zeros', trainable: true },
  ]
}

function checkOptions({ rank, alpha, dropout: rate = 0 }: LowRankOptions): void {
  const complain = (what: string) => {
    throw new YuksuError('adapter-setting', `lowRank: ${what}`)
  }
  if (!Number.isInteger(rank) || rank < 1) complain(`rank is ${rank}; give a whole number of at least 1`)
  if (!(alpha > 0 && Number.isFinite(alpha))) complain(`alpha is ${alpha}; give a number above 0`)
  if (!(rate >= 0 && rate < 1)) complain(`dropout is ${rate}; give a share from 0 to below 1`)
}

const schema = z.object({
  r: z.number(),
  lora_alpha: z.number(),
  lora_dropout: z.number().default(0),
  target_modules: z.union(
    [z.array(z.string()), z.literal('all-linear')],
    "expected a list of names or 'all-linear'; patterns are not supported",
  ),
  bias: z.literal('none', 'training biases too is not supported; set it to none').default('none'),
  // Other beginnings change the weights of the base.
  init_lora_weights: z
    .union([z.boolean(), z.literal('gaussian')], 'this beginning changes the base and is not supported')
    .default(true),
})

/** What PEFT writes without its changing what a model answers. */
const neutral = new Set([
  'peft_type',
  'task_type',
  'base_model_name_or_path',
  'revision',
  'inference_mode',
  'peft_version',
  'auto_mapping',
  'megatron_core',
  'qalora_group_size',
  // Follows from the model: PEFT corrects it where it says otherwise.
  'fan_in_fan_out',
])

/** null, false and what is empty are PEFT's way to say that something is not used. */
function isUnused(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0)
}

/**
 * The adapter that PEFT's `adapter_config.json` describes. Throws YuksuError where it asks for what we do not have: left out, the model
 * would answer otherwise without a word.
 */
export function parseLowRank(json: Readonly<Record<string, unknown>>, source: string): Adapter {
  const refuse = (key: string, message: string) =>
    new YuksuError('adapter-configuration', `${source}: adapter_config.json: '${key}': ${message}`)
  const { success, data, error } = schema.safeParse(json)
  if (!success) {
    const { path, message } = error.issues[0]!
    throw refuse(path.join('.'), message)
  }
  const asked = Object.entries(json).find(
    ([key, value]) => !(key in schema.shape) && !neutral.has(key) && !isUnused(value),
  )
  if (asked !== undefined)
    throw refuse(asked[0], `${JSON.stringify(asked[1])} is not supported; leave it out`)
  return lowRank({
    rank: data.r,
    alpha: data.lora_alpha,
    targets: data.target_modules,
    dropout: data.lora_dropout,
  })
}
