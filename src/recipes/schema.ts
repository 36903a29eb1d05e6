import { z } from 'zod'
import { checkGenerationOptions, generationOptionsSchema } from '../generate/options.ts'
import { dataSchema, tokenizerSchema } from './schema/data.ts'
import { count } from './schema/limits.ts'
import { isDecoder, modelConflicts, modelSchema } from './schema/model.ts'
import { minimumRiskSchema, pretrainingSchema, trainConflicts, trainSchema } from './schema/training.ts'

/*
 * The one description of a recipe. The command line validates against it, `docs/recipes.md` is generated
 * from its descriptions, and `Recipe` is its type, so a field is added here and nowhere else. The sections are in `schema/`; what
 * does not go together between them is told here.
 */

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
    for (const [path, message] of [...modelConflicts(recipe.model), ...trainConflicts(recipe.train)])
      refuse(path, message)
    if (recipe.pretraining?.column !== undefined && recipe.pretraining.files === undefined)
      refuse(
        'pretraining.column',
        'is a column of `pretraining.files`, and there are none; give them, or leave it out',
      )
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

/** A complete recipe: every default filled in. */
export type Recipe = z.output<typeof recipeSchema>

/** A recipe as it is written: what has a default may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>
