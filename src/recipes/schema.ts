import { z } from 'zod'
import { checkGenerationOptions, generationOptionsSchema } from '../generate/options.ts'

/*
 * The one description of a recipe. The command line validates against it, `docs/recipes.md` is generated
 * from its descriptions, and `Recipe` is its type, so a field is added here and nowhere else.
 */

const count = () => z.int().min(1)
const positive = () => z.number().gt(0)
const ratio = () => z.number().min(0).max(1)
const regularExpression = () =>
  z.string().min(1).refine(isRegularExpression, { error: 'is not a regular expression' })
const files = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

const columnsSchema = z.strictObject({
  dialogue: z.string().min(1).default('dialogue').describe('Column of the source text.'),
  summary: z.string().min(1).default('summary').describe('Column of the target text.'),
  messages: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Column of conversations, in place of `dialogue` and `summary`: a list of `{role, content}`, written by the chat template. The answers of the assistant are learned (`causal`), the last one is written where a row is scored.',
    ),
  id: z
    .string()
    .min(1)
    .optional()
    .describe('Column that names a row in reports; without it the row number does.'),
})

const limitsSchema = z.strictObject({
  maxSourceTokens: count()
    .default(512)
    .describe('Longest source in tokens; a longer row is dropped and counted.'),
  maxTargetTokens: count()
    .default(128)
    .describe('Longest target in tokens; a longer row is dropped and counted.'),
})

const dataSchema = z.strictObject({
  train: files().describe('Training rows: JSONL or CSV files, each also as `.gz`; one path or a list.'),
  validation: files().describe('Rows scored while training, from which the best checkpoint is chosen.'),
  test: files().optional().describe('Rows scored once, after training.'),
  columns: columnsSchema.prefault({}).describe('Names of the columns.'),
  spaceBeforeSummary: z
    .boolean()
    .default(false)
    .describe(
      'Learn each summary with a space before it, so that its first word is the token it is within a sentence and a copy head finds it in the source.',
    ),
  chatTemplate: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Jinja file that writes conversations (`columns.messages`); without it, the template of the tokenizer or model that the recipe starts from.',
    ),
  answers: z.enum(['all', 'last']).default('all').describe('Which answers of a conversation are learned.'),
  limits: limitsSchema
    .prefault({})
    .describe('Limits on the length of a row; a conversation may have as many tokens as both together.'),
})

const tokenizerSchema = z.strictObject({
  kind: z.enum(['bpe']).default('bpe').describe('`bpe` is byte-level byte pair encoding.'),
  vocabularySize: z.int().min(257).default(8000).describe('Number of tokens, special tokens included.'),
  minimumFrequency: count().default(2).describe('A pair seen less often than this is not merged.'),
  texts: z
    .enum(['rows', 'all'])
    .default('all')
    .describe(
      'What it is trained on: the training rows alone, or the texts of `pretraining.files` too. With much other text the rows are split finer.',
    ),
  specialTokens: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Strings that always stay one token, such as speaker names; `<s>`, `</s>` and the like are added.',
    ),
  from: z
    .string()
    .min(1)
    .optional()
    .describe('A folder or model on the hub with a finished `tokenizer.json`, instead of training one.'),
})

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

function isDecoder(family: string | undefined): boolean {
  return decoders.some((name) => name === family)
}

const modelSchema = z.strictObject({
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
  dropout: z.number().min(0).lt(1).default(0.1).describe('Share of activations zeroed while training.'),
})

const textFileSchema = z.union([
  z.string().min(1),
  z.strictObject({
    path: z.string().min(1),
    columns: z.array(z.string().min(1)).min(1).optional(),
    passages: z.enum(['lines', 'paragraphs']).optional(),
  }),
])

const pretrainingSchema = z.strictObject({
  files: z
    .union([z.string().min(1), z.array(textFileSchema).min(1)])
    .optional()
    .describe(
      'Plain text (one passage a line), JSONL or CSV files; one path or a list, of paths or of `{ path, columns, passages }` with columns of its own for a file of rows, and `passages: paragraphs` for text whose lines are broken. Without it, the sources of the training rows.',
    ),
  column: z
    .string()
    .min(1)
    .optional()
    .describe('Column that holds the text; without it, `data.columns.dialogue`.'),
  epochs: positive().optional().describe('Passes over the files. The first limit reached ends pretraining.'),
  maxSteps: count().optional().describe('Optimizer steps.'),
  minutes: positive().optional().describe('Minutes of training.'),
  learningRate: positive().optional().describe('Peak learning rate; without it, `train.learningRate`.'),
  warmupSteps: z
    .int()
    .min(0)
    .optional()
    .describe('Steps of linear warm-up; without it, `train.warmupSteps`.'),
  restore: z
    .enum(['text', 'spans'])
    .default('text')
    .describe('What is written: the whole text (BART), or only what was hidden, span by span (T5).'),
  maskRatio: ratio()
    .default(0.3)
    .describe('Share of the tokens hidden behind `<mask>` (BART, Lewis et al. 2020).'),
  meanSpanLength: positive().default(3).describe('Mean of the Poisson distribution of hidden span lengths.'),
  permuteSentences: z
    .boolean()
    .default(true)
    .describe('Shuffle the sentences or turns of the source; not where `spans` are restored.'),
})

const trainSchema = z.strictObject({
  objective: z
    .enum(['sequence-to-sequence', 'causal'])
    .default('sequence-to-sequence')
    .describe('What is learned: the target given the source, or the next token of a rendered row.'),
  epochs: positive()
    .optional()
    .describe('Passes over the training rows. The first of these three limits ends training.'),
  maxSteps: count().optional().describe('Optimizer steps.'),
  minutes: positive().optional().describe('Minutes of training, evaluation not counted.'),
  learningRate: positive().default(1e-3).describe('Peak learning rate.'),
  schedule: z
    .enum(['linear', 'cosine', 'constant'])
    .default('cosine')
    .describe('Course of the learning rate after warm-up; `linear` and `cosine` end at zero.'),
  warmupSteps: z.int().min(0).optional().describe('Steps of linear warm-up. Give this or `warmupRatio`.'),
  warmupRatio: ratio().optional().describe('Warm-up as a share of all steps. Without either, 0.05.'),
  optimizer: z
    .enum(['adamw', 'adamw-8bit', 'radam', 'lion', 'sgd', 'adafactor'])
    .default('adamw')
    .describe(
      'How gradients change weights; `adamw-8bit` keeps a quarter of what `adamw` does in memory, and `radam` with `lookahead` is known as Ranger.',
    ),
  weightDecay: z.number().min(0).default(0.01).describe('Decoupled weight decay, on matrices only.'),
  adamBeta1: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('Decay of the first moment (`adamw`, `adamw-8bit`, `radam`, `lion`).'),
  adamBeta2: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      'Decay of the second moment (`adamw`, `adamw-8bit`, `radam`: 0.999 without it), or of the mean (`lion`: 0.99).',
    ),
  adamEpsilon: positive().default(1e-8).describe('Added to the root of the second moment.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last direction kept (`sgd`).'),
  nesterov: z.boolean().default(false).describe('Look ahead along the momentum (`sgd`).'),
  scaleByParameter: z
    .boolean()
    .default(false)
    .describe('Take the learning rate as a share of the size of each parameter (`adafactor`).'),
  lookahead: z
    .strictObject({
      every: count().default(6).describe('Steps of the optimizer between two of the slow weights.'),
      share: z.number().gt(0).max(1).default(0.5).describe('How far the slow weights then follow.'),
    })
    .optional()
    .describe(
      'Slow weights that follow those of the optimizer, which goes on from them (Zhang et al. 2019).',
    ),
  parameterGroups: z
    .array(
      z.strictObject({
        names: regularExpression(),
        rateFactor: z.number().min(0).default(1),
        decays: z.boolean().optional(),
      }),
    )
    .default([])
    .describe(
      'Parameters that learn at another rate or decay otherwise: `names`, a regular expression over their names, `rateFactor` on the learning rate and `decays`, true or false. The first group that matches a parameter holds.',
    ),
  maxGradientNorm: z.number().min(0).default(1).describe('Largest global gradient norm; 0 does not clip.'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Probability spread over the whole vocabulary.'),
  gradientAccumulationSteps: count().default(1).describe('Batches whose gradients are summed into one step.'),
  maxTokensPerBatch: count()
    .default(8192)
    .describe('Source and target tokens of a batch, padding included; rows of like length share a batch.'),
  memory: z
    .enum(['fast', 'low'])
    .default('fast')
    .describe(
      '`low` keeps only what stands between two layers and computes each layer twice: a third more work, for activations of one layer instead of all.',
    ),
  memoryLimit: positive()
    .optional()
    .describe(
      'GiB that the run may take. One that is planned to need more is refused before it trains, with the setting that would fit. Without it, the memory of the machine or of its container.',
    ),
  products: z
    .enum(['float32', 'int8', 'bfloat16', 'bfloat16x3', 'bfloat16x6'])
    .default('float32')
    .describe(
      '`int8` rounds what linear layers multiply to 8 bits while training, forward and backward: a third less time a step for widths from 384 on, and the same loss within what another seed changes. The output layer, the weights and the finished model stay in float32. `bfloat16` computes every product in 16 bits, as bfloat16 autocast does, `bfloat16x3` in three such products with 16 of float32’s 24 bits, and `bfloat16x6` in six with all of them: these need the native library (`yuksu native`) and a processor with AMX.',
    ),
  interchangeableTokens: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Special tokens that are mere names, such as `#Person1#` and `#Person2#`: exchanged at random in each pass.',
    ),
  evaluateEverySteps: count().default(500).describe('Steps between evaluations.'),
  saveEverySteps: count().default(500).describe('Steps between checkpoints.'),
  saveTotalLimit: count().default(3).describe('Checkpoints kept, the best one always among them.'),
  loadBestModelAtEnd: z.boolean().default(true).describe('End with the best checkpoint instead of the last.'),
  metricForBestModel: z
    .enum(['rouge1', 'rouge2', 'rougeL', 'loss'])
    .default('rougeL')
    .describe(
      'What makes a checkpoint the best one, on `data.validation`: ROUGE of the rows written, or the loss of all rows, which is steadier.',
    ),
  earlyStoppingPatience: count()
    .optional()
    .describe('Evaluations without a better score before training stops.'),
  averageCheckpoints: z
    .int()
    .min(0)
    .default(0)
    .describe('Average the weights of this many last checkpoints at the end; 0 and 1 do not.'),
})

const minimumRiskSchema = z.strictObject({
  epochs: positive().optional().describe('Passes over the training rows. The first limit reached ends it.'),
  maxSteps: count().optional().describe('Optimizer steps.'),
  minutes: positive().optional().describe('Minutes, those of writing the attempts included.'),
  learningRate: positive().default(1e-4).describe('Peak learning rate.'),
  warmupSteps: z.int().min(0).default(10).describe('Steps of linear warm-up.'),
  attempts: z.int().min(2).default(6).describe('Texts the model draws for each source.'),
  temperature: positive().default(0.8).describe('Of drawing: below 1 attempts are more alike and better.'),
  targetWeight: z
    .number()
    .min(0)
    .default(1)
    .describe('What the written target counts beside an attempt; it keeps the language from drifting.'),
  reward: z
    .strictObject({
      rouge1: z.number().min(0).default(1).describe('Weight of ROUGE-1.'),
      rouge2: z.number().min(0).default(1).describe('Weight of ROUGE-2.'),
      rougeL: z.number().min(0).default(1).describe('Weight of ROUGE-L.'),
    })
    .prefault({})
    .describe('What makes an attempt good: the mean of its ROUGE F1 scores by these weights.'),
  maxTokensPerBatch: count()
    .default(6144)
    .describe('Source and target tokens of a batch, attempts not counted.'),
})

const generationSchema = generationOptionsSchema
  .pick({
    numBeams: true,
    lengthPenalty: true,
    earlyStopping: true,
    noRepeatNgramSize: true,
    repetitionPenalty: true,
    maxNewTokens: true,
    minNewTokens: true,
    doSample: true,
    temperature: true,
    topK: true,
    topP: true,
    minP: true,
  })
  .extend({ maxNewTokens: count().default(128).describe('the most tokens to generate') })

const evaluationSchema = z.strictObject({
  language: z.enum(['en', 'ko']).default('en').describe('How ROUGE splits text: words, or Korean morphemes.'),
  stem: z.boolean().default(false).describe('Porter stemming (`en`), as most papers report.'),
  rows: count().optional().describe('Score only the first rows of `data.validation` while training.'),
})

/** Every field of a recipe with its meaning, its limits and its default. */
export const recipeSchema = z
  .strictObject({
    seed: z
      .int()
      .min(0)
      .max(4294967295)
      .default(1)
      .describe('Decides initial weights, row order and dropout.'),
    output: z
      .string()
      .min(1)
      .describe('Folder of the run: resolved recipe, events, checkpoints, final model.'),
    data: dataSchema.describe('Rows to learn from. Paths are relative to the current folder.'),
    tokenizer: tokenizerSchema
      .prefault({})
      .describe('The tokenizer: trained on the rows, or taken from a folder.'),
    model: modelSchema.prefault({}).describe('The model: its sizes, or a folder to start from.'),
    pretraining: pretrainingSchema
      .optional()
      .describe(
        'Learn to restore damaged text before the training rows are seen (encoder–decoder families).',
      ),
    train: trainSchema.describe('How the weights are learned.'),
    minimumRisk: minimumRiskSchema
      .optional()
      .describe(
        'After training: the model writes attempts of its own, each is made likelier or unlikelier by its ROUGE (encoder–decoder families).',
      ),
    generation: generationSchema
      .prefault({})
      .describe('How text is written, in evaluation and by the saved model.'),
    evaluation: evaluationSchema.prefault({}).describe('How the written text is scored.'),
  })
  .superRefine((recipe, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), message, params: { rule: true } })
    for (const section of ['train', 'pretraining', 'minimumRisk'] as const) {
      const limits = recipe[section]
      if (
        limits &&
        limits.epochs === undefined &&
        limits.maxSteps === undefined &&
        limits.minutes === undefined
      )
        refuse(section, 'has no end; give `epochs`, `maxSteps` or `minutes`')
    }
    if (recipe.train.warmupSteps !== undefined && recipe.train.warmupRatio !== undefined)
      refuse('train.warmupRatio', 'is given together with `warmupSteps`; give one of the two')
    try {
      // End of sequence is the model's own; it is only needed to check `minNewTokens` against.
      checkGenerationOptions({ ...recipe.generation, eosTokenId: 0 })
    } catch (error) {
      refuse(
        'generation',
        (error as Error).message.replace(/^Generation options contradict/, 'options contradict'),
      )
    }
    for (const [path, message] of modelConflicts(recipe.model)) refuse(path, message)
    const { family } = recipe.model
    if (isDecoder(family) && recipe.train.objective === 'sequence-to-sequence')
      refuse(
        'train.objective',
        `is \`sequence-to-sequence\`, which \`${family}\` (a decoder) cannot learn; give \`causal\``,
      )
    const { data } = recipe
    if (data.columns.messages === undefined) {
      if (data.chatTemplate !== undefined)
        refuse('data.chatTemplate', 'writes conversations; name their column as `data.columns.messages`')
      if (data.answers !== 'all')
        refuse('data.answers', 'is for conversations; name their column as `data.columns.messages`')
    } else {
      if (recipe.train.objective !== 'causal')
        refuse('train.objective', 'must be `causal` where rows are conversations (`data.columns.messages`)')
      for (const section of ['pretraining', 'minimumRisk'] as const)
        if (recipe[section]) refuse(section, 'cannot be had with conversations (`data.columns.messages`)')
      if (recipe.train.interchangeableTokens.length > 0)
        refuse('train.interchangeableTokens', 'cannot be had with conversations (`data.columns.messages`)')
      if (data.spaceBeforeSummary)
        refuse('data.spaceBeforeSummary', 'cannot be had with conversations (`data.columns.messages`)')
    }
    if (recipe.minimumRisk && Object.values(recipe.minimumRisk.reward).every((weight) => weight === 0))
      refuse('minimumRisk.reward', 'weighs nothing; give one of its weights more than 0')
    if (isDecoder(family) && recipe.minimumRisk)
      refuse('minimumRisk', `needs an encoder–decoder; \`${family}\` is a decoder`)
    if (isDecoder(family) && recipe.pretraining)
      refuse('pretraining', `restores damaged text, which needs an encoder; \`${family}\` has none`)
  })

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function modelConflicts(model: z.infer<typeof modelSchema>): Array<[string, string]> {
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

/** A complete recipe: every default filled in. */
export type Recipe = z.output<typeof recipeSchema>

/** A recipe as it is written: what has a default may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>
