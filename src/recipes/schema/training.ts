import { z } from 'zod'
import { dropoutRate } from '../../models/configuration.ts'
import { productKinds } from '../../models/products.ts'
import { count, positive, ratio, regularExpression } from './limits.ts'

const textFileSchema = z.union([
  z.string().min(1),
  z.strictObject({
    path: z.string().min(1),
    columns: z.array(z.string().min(1)).min(1).optional(),
    passages: z.enum(['lines', 'paragraphs']).optional(),
  }),
])

export const pretrainingSchema = z.strictObject({
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
  dropout: dropoutRate
    .optional()
    .describe('Share of activations zeroed in this stage; without it, `model.dropout`.'),
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

export const trainSchema = z.strictObject({
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
  adamEpsilon: positive()
    .default(1e-8)
    .describe('Added to the root of the second moment (`adamw`, `adamw-8bit`, `radam`).'),
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
  rDrop: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'Reads every row twice with unlike dropout and adds how much the two predictions differ, times this (the α of R-Drop, Liang et al., 2021), against learning rows by heart. A step takes twice as long; without dropout there is nothing to compare, and it is refused. 0 does not.',
    ),
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
    .enum(productKinds)
    .default('float32')
    .describe(
      '`int8` rounds what linear layers multiply to 8 bits while training, forward and backward: a third less time a step for widths from 384 on, and the same loss within what another seed changes. The output layer, the weights and the finished model stay in float32. `bfloat16` computes every product in 16 bits, as bfloat16 autocast does, `bfloat16x3` in three such products with 16 of float32’s 24 bits, `bfloat16x6` in six with all of them, and `int8x6` in six of whole numbers, about as exact as float32 is computed and much faster: these need the native library (`yuksu native`) and a processor with AMX.',
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

type Train = z.infer<typeof trainSchema>

const ofAdam: ReadonlyArray<Train['optimizer']> = ['adamw', 'adamw-8bit', 'radam']

/** What some optimizers alone read. */
const optimizersOf: Partial<Record<keyof Train, ReadonlyArray<Train['optimizer']>>> = {
  adamBeta1: [...ofAdam, 'lion'],
  adamBeta2: [...ofAdam, 'lion'],
  adamEpsilon: ofAdam,
  momentum: ['sgd'],
  nesterov: ['sgd'],
  scaleByParameter: ['adafactor'],
}

/** What is set in a section `train` and would not be used: each field with what is wrong with it. */
export function trainConflicts(train: Train): Array<[string, string]> {
  const found: Array<[string, string]> = []
  for (const [name, optimizers] of Object.entries(optimizersOf)) {
    const field = name as keyof Train
    const usual = trainSchema.shape[field].parse(undefined)
    if (train[field] !== usual && !optimizers.includes(train.optimizer)) {
      const known = optimizers.map((one) => `\`${one}\``).join(', ')
      found.push([`train.${field}`, `is for ${known}; \`${train.optimizer}\` does not use it, leave it out`])
    }
  }
  return found
}

export const minimumRiskSchema = z.strictObject({
  epochs: positive().optional().describe('Passes over the training rows. The first limit reached ends it.'),
  maxSteps: count().optional().describe('Optimizer steps.'),
  minutes: positive().optional().describe('Minutes, those of writing the attempts included.'),
  learningRate: positive().default(1e-4).describe('Peak learning rate.'),
  warmupSteps: z.int().min(0).default(10).describe('Steps of linear warm-up.'),
  attempts: z.int().min(2).default(6).describe('Texts the model draws for each source.'),
  temperature: positive().default(0.8).describe('Of drawing: below 1 attempts are more alike and better.'),
  heldBack: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe(
      'Share of the training rows that training does not see and only this stage learns from, where the model’s attempts are as good as on any new dialogue. With 0 both learn from all rows.',
    ),
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
