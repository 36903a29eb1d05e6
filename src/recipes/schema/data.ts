import { z } from 'zod'
import { count, files } from './limits.ts'

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

export const dataSchema = z.strictObject({
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

export const tokenizerSchema = z.strictObject({
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
