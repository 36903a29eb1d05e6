import { z } from 'zod'
import { dropoutRate } from '../../models/configuration.ts'
import { count } from './limits.ts'

const encoderDecoders = ['mbart', 'bart', 'pegasus', 't5', 'mt5', 'longt5'] as const

/** Encoder–decoders that know how far apart two tokens are and not where they stand. */
const t5Families: readonly string[] = ['t5', 'mt5', 'longt5']

/** Llama and what is built like it. */
const llamas = [
  'llama',
  'mistral',
  'mixtral',
  'qwen2',
  'qwen3',
  'gemma',
  'gemma2',
  'gemma3_text',
  'phi3',
  'exaone',
  'exaone4',
] as const

const decoders = [...llamas, 'gpt2', 'openai-gpt', 'gpt_neox', 'bloom', 'falcon', 'mamba'] as const

/** Families whose query heads may share those of keys and values. */
const sharers: readonly string[] = [...llamas, 'falcon']

/** Whether the family of a new model has no encoder. */
export function isDecoder(family: string | undefined): boolean {
  return decoders.some((name) => name === family)
}

export const modelSchema = z.strictObject({
  from: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A model to start from, as a folder or by its name on the hub (`organization/model`, `organization/model@revision`); it then fixes family and sizes.',
    ),
  family: z
    .enum([...encoderDecoders, ...decoders])
    .optional()
    .describe(
      'Architecture: `mbart` (encoder–decoder, norm first), `bart` (norm last), `pegasus` (norm first, sinusoidal positions), `t5` and `mt5` (distances instead of positions, gated blocks), `longt5` (whose encoder sees what is near and sums of the rest); or a decoder: `llama` and those built like it (`mistral`, `mixtral`, `qwen2`, `qwen3`, `gemma`, `gemma2`, `gemma3_text`, `phi3`, `exaone`, `exaone4`), `gpt2`, `openai-gpt` (norm last), `gpt_neox` (as Polyglot-Ko), `bloom` (ALiBi), `falcon` or `mamba` (a state in place of attention, and so no heads). Without `from`, `mbart` is taken.',
    ),
  width: count()
    .optional()
    .describe('Length of a hidden vector. A multiple of `heads`. Without `from`, 256.'),
  encoderLayers: count().optional().describe('Encoder layers (of an encoder–decoder). Without `from`, 4.'),
  decoderLayers: count().optional().describe('Decoder layers. Without `from`, 4.'),
  heads: count().optional().describe('Attention heads a layer (`mamba` has none). Without `from`, 4.'),
  keyValueHeads: count()
    .optional()
    .describe(
      'Key and value heads (`llama` and those built like it, `falcon`); without it, as many as `heads`, and one for `falcon`.',
    ),
  feedForwardWidth: count()
    .optional()
    .describe(
      'Inner width of the feed-forward block (`openai-gpt` and `bloom` have no other, `mamba` has none). Without `from`, 4 × `width`.',
    ),
  activation: z
    .enum(['gelu', 'relu', 'relu2', 'silu'])
    .optional()
    .describe(
      'Activation of the feed-forward block (`bloom` has its own). Without `from`, gelu (`llama` and those built like it: silu; `gemma`, `t5`, `mt5` and `longt5`: its approximation by tanh).',
    ),
  maxPositions: count()
    .optional()
    .describe(
      'Longest sequence the model can read (`mamba`, `t5`, `mt5` and `longt5` know no limit). Without `from`, 1024.',
    ),
  tieEmbeddings: z
    .boolean()
    .optional()
    .describe('Share the input embedding and the output matrix. Without `from`, true.'),
  copyHead: z
    .boolean()
    .optional()
    .describe('Add a pointer head that can copy source tokens (`mbart`, `bart`). Without `from`, false.'),
  dropout: dropoutRate
    .optional()
    .describe(
      'Share of activations zeroed while training. Without it, that of the folder in `from`; of a new model 0.1 (`llama` and those built like it: 0).',
    ),
})

/** What does not go together in a section `model`: each field with what is wrong with it. */
export function modelConflicts(model: z.infer<typeof modelSchema>): Array<[string, string]> {
  const found: Array<[string, string]> = []
  const { from, dropout: _, ...sizes } = model
  if (from !== undefined) {
    for (const [name, value] of Object.entries(sizes))
      if (value !== undefined)
        found.push([`model.${name}`, 'is fixed by the folder in `model.from`; remove one of the two'])
    return found
  }
  const width = model.width ?? 256
  const heads = model.heads ?? 4
  if (width % heads !== 0)
    found.push(['model.width', `is ${width}, which ${heads} heads do not divide evenly`])
  if (isDecoder(model.family)) {
    for (const name of ['encoderLayers', 'copyHead'] as const)
      if (model[name] !== undefined)
        found.push([`model.${name}`, `needs an encoder; \`${model.family}\` has none`])
    if (heads % (model.keyValueHeads ?? heads) !== 0)
      found.push(['model.keyValueHeads', `must divide \`heads\` (${heads}) evenly`])
  }
  if (model.keyValueHeads !== undefined && !sharers.includes(String(model.family)))
    found.push(['model.keyValueHeads', `is known to ${sharers.map((name) => `\`${name}\``).join(', ')} only`])
  const { family = 'mbart' } = model
  if (t5Families.includes(family)) {
    if (model.maxPositions !== undefined)
      found.push(['model.maxPositions', `is given, and \`${family}\` knows no positions; leave it out`])
    if (model.activation === 'gelu')
      found.push([
        'model.activation',
        `is gelu; the blocks of \`${family}\` have that by its tanh, which they get where it is left out`,
      ])
  } else if (!isDecoder(family) && model.tieEmbeddings === false)
    found.push(['model.tieEmbeddings', `is false, but \`${family}\` always shares its embeddings; use true`])
  if (!isDecoder(family) && !['mbart', 'bart'].includes(family) && model.copyHead === true)
    found.push(['model.copyHead', `needs \`mbart\` or \`bart\`; \`${family}\` has none`])
  return found
}
