import { z } from 'zod'
import { YuksuError } from '../../../errors.ts'
import { readTexts, type UnreadText } from '../../../tokenizers/read-texts.ts'
import {
  type CorpusContext,
  type CorpusPlan,
  type CorpusStepDefinition,
  documentText,
  type RowOutcome,
  type RowSource,
} from '../../step.ts'
import { contentHalf } from '../content-half.ts'
import { createTextCounter, perplexity, type TextModel, trainLanguageModel } from './language-model.ts'
import { languageModelBytes, readLanguageModel } from './model-file.ts'
import { highestOrder } from './ngram-counter.ts'
import { settleUnits, unitKinds } from './units.ts'

const percentile = () => z.number().min(0).max(100)
const buckets = ['head', 'middle', 'tail'] as const
type Bucket = (typeof buckets)[number]

const options = z
  .strictObject({
    reference: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe(
        'Files of clean text that the model is trained on: plain text, or rows with their texts. Without it and `model`, the rows themselves: each half of them is scored by a model of the other half.',
      ),
    referenceColumns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Columns of the reference files; without it, all that hold text.'),
    model: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A file of a language model that was trained before, such as `perplexity.model` of an earlier preparation.',
      ),
    units: z
      .enum(unitKinds)
      .default('words')
      .describe(
        'What the model counts: `words`, `spaced` (cut at spaces alone), `characters` (in Korean, syllables), `pieces` (of a tokenizer trained on the reference, as CCNet) or `morphemes` (Korean, by garu-ko; slow).',
      ),
    pieces: z.int().min(300).default(16_000).describe('Tokens of the tokenizer of `pieces`.'),
    order: z.int().min(1).max(highestOrder).default(5).describe('Units of the longest n-gram.'),
    simplify: z
      .boolean()
      .default(true)
      .describe('Read text in lower case and every digit as 0, as CCNet does.'),
    headPercentile: percentile()
      .default(30)
      .describe('Percentile of perplexity up to which a row is of the head (30 in CCNet).'),
    tailPercentile: percentile()
      .default(60)
      .describe('Percentile above which a row is of the tail (60 in CCNet).'),
    keep: z
      .array(z.enum(buckets))
      .min(1)
      .default(['head', 'middle'])
      .describe('Which parts are kept; LLaMA kept what reads like its reference, CCNet mostly the head.'),
    minimum: z
      .number()
      .min(1)
      .optional()
      .describe(
        'Perplexity below which a row is left out whatever its part: text that repeats itself, boilerplate.',
      ),
    maximum: z
      .number()
      .min(1)
      .optional()
      .describe('Perplexity above which a row is left out whatever its part.'),
  })
  .refine(({ headPercentile, tailPercentile }) => headPercentile <= tailPercentile, {
    error: '`headPercentile` must not be above `tailPercentile`',
  })
  .refine(({ reference, model }) => reference === undefined || model === undefined, {
    error: 'give `reference` or `model`, not both',
  })

export type PerplexityOptions = z.output<typeof options>

const reasons: Readonly<Record<Bucket, string>> = {
  head: 'low-perplexity',
  middle: 'middling-perplexity',
  tail: 'high-perplexity',
}

/**
 * Keeps rows by how well a language model foretells them, per token, as CCNet (Wenzek et al., 2020) and LLaMA did: a row is
 * of the head, the middle or the tail by percentiles of the perplexity of all rows. The model, where it was trained on a
 * reference, is left as `perplexity.model`. Text of several languages should be parted by language before.
 */
export const perplexityStep: CorpusStepDefinition<PerplexityOptions> = {
  kind: 'corpus',
  name: 'perplexity',
  description:
    'Keeps rows by their perplexity under an n-gram language model (Kneser-Ney), trained on clean text or on the rows themselves.',
  options,
  async plan(rows, settings, context) {
    const models = await chooseModels(rows, settings, context)
    const perplexities = new Float64Array(rows.count)
    for await (const row of rows) {
      context.signal?.throwIfAborted()
      const text = documentText(row, row.columns)
      perplexities[row.index] = perplexity(models.of(text).score(text))
      if (row.index % 1000 === 999) context.progress('perplexity', row.index + 1)
    }
    return planOf(perplexities, settings, models)
  },
}

interface ChosenModels {
  of(text: string): TextModel
  readonly figures: Readonly<Record<string, number | string>>
  readonly files?: CorpusPlan['files']
}

async function chooseModels(
  rows: RowSource,
  settings: PerplexityOptions,
  context: CorpusContext,
): Promise<ChosenModels> {
  if (settings.model !== undefined) {
    const model = await readLanguageModel(settings.model)
    return { of: () => model, figures: modelFigures(model) }
  }
  if (settings.reference === undefined) return crossedModels(rows, settings, context)
  const files = [settings.reference].flat()
  const unread: UnreadText[] = []
  const texts = async function* () {
    unread.length = 0
    for (const file of files) yield* readTexts(file, settings.referenceColumns, unread)
  }
  const model = await trainLanguageModel(texts, {
    ...settings,
    onProgress: (read) => {
      context.signal?.throwIfAborted()
      context.progress('training the language model', read)
    },
  })
  if (model.ngrams.trie[0]!.count <= 3) {
    throw new YuksuError('empty-reference', `${files.join(', ')} holds no text; name files of clean text`)
  }
  return {
    of: () => model,
    figures: { ...modelFigures(model), ...(unread.length > 0 && { unreadReferenceLines: unread.length }) },
    files: { 'perplexity.model': [languageModelBytes(model)] },
  }
}

function modelFigures({ ngrams }: TextModel): Record<string, number> {
  return {
    order: ngrams.trie.length,
    vocabulary: ngrams.vocabulary.length,
    ngrams: ngrams.trie.reduce((sum, { count }) => sum + count, 0),
  }
}

/**
 * A text counts in one of two models and is scored by the other, since a model foretells what it was trained on too well. Its
 * half depends on its content, so that copies of a text are in the same half.
 */
async function crossedModels(
  rows: RowSource,
  settings: PerplexityOptions,
  context: CorpusContext,
): Promise<ChosenModels> {
  const texts = async function* () {
    for await (const row of rows) yield documentText(row, row.columns)
  }
  const units = await settleUnits(texts, settings)
  const [even, odd] = [
    await createTextCounter(units, settings.order),
    await createTextCounter(units, settings.order),
  ]
  let read = 0
  for await (const text of texts()) {
    context.signal?.throwIfAborted()
    ;(contentHalf(text) === 0 ? even : odd).add(text)
    if (++read % 1000 === 0) context.progress('training the language model', read)
  }
  const [ofEven, ofOdd] = [await even.finish(), await odd.finish()]
  return {
    of: (text) => (contentHalf(text) === 0 ? ofOdd : ofEven),
    figures: { order: settings.order, ngrams: modelFigures(ofEven).ngrams! + modelFigures(ofOdd).ngrams! },
  }
}

function planOf(perplexities: Float64Array, settings: PerplexityOptions, models: ChosenModels): CorpusPlan {
  const sorted = perplexities.filter((value) => !Number.isNaN(value)).sort()
  const at = (percent: number): number =>
    percent === 0 ? 0 : (sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0)
  const [head, tail] = [at(settings.headPercentile), at(settings.tailPercentile)]
  const { minimum, maximum } = settings
  const keep = new Set<Bucket>(settings.keep)
  return {
    outcome(index): RowOutcome {
      const value = perplexities[index]!
      if (Number.isNaN(value)) return { drop: 'no-text' }
      const evidence = (threshold: number) => ({ perplexity: rounded(value), threshold: rounded(threshold) })
      if (minimum !== undefined && value < minimum) return { drop: reasons.head, evidence: evidence(minimum) }
      if (maximum !== undefined && value > maximum) return { drop: reasons.tail, evidence: evidence(maximum) }
      const bucket: Bucket = value <= head ? 'head' : value <= tail ? 'middle' : 'tail'
      if (keep.has(bucket)) return undefined
      return { drop: reasons[bucket], evidence: evidence(bucket === 'tail' ? tail : head) }
    },
    figures: {
      ...models.figures,
      ...(sorted.length > 0 && {
        medianPerplexity: rounded(at(50)),
        headPerplexity: rounded(head),
        tailPerplexity: rounded(tail),
      }),
    },
    ...(models.files && { files: models.files }),
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
