import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { type Random, randomStream } from '../../random.ts'
import { detectLanguage, rougeTokenizer } from '../rouge/rouge-units.ts'
import { SimilarTexts } from '../rouge/similar-texts.ts'
import { type CorpusPlan, type CorpusStepDefinition, documentText, type IndexedRow } from '../step.ts'
import { modelFields } from './chat-options.ts'
import { type Conversation, converse } from './chat-step.ts'
import { orFailure, planChat, recipeOf, RowsOfParents } from './plan-chat.ts'
import type { PromptLanguage } from './prompts/prompt.ts'
import { attributedPrompt, attributeValuesPrompt } from './prompts/writing.ts'
import { AnswerFailure, readTagList, readTags } from './read-answer.ts'
import { sampleRows } from './sample-rows.ts'

const optionsSchema = z.strictObject({
  ...modelFields,
  task: z.string().min(1).describe('What the texts are, such as `a review of a film`.'),
  attributes: z
    .record(z.string().min(1), z.union([z.array(z.string().min(1)).min(1), z.int().min(2).max(100)]))
    .refine((attributes) => Object.keys(attributes).length > 0, { error: 'names no attribute' })
    .describe(
      'Attributes with their values, such as `tone: [calm, angry]`, or how many values the model is to think of.',
    ),
  count: z.int().min(1).default(10).describe('Rows to be made of each label.'),
  label: z.string().min(1).default('label').describe('Column of the label.'),
  text: z.string().min(1).optional().describe('Column of the text; without it, the first of the document.'),
  labels: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Labels that rows are made of; without it, all that the rows have.'),
  examples: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe('Rows of the label that a request shows; they are the parents.'),
  maximumSimilarity: z
    .number()
    .gt(0)
    .max(1)
    .default(0.7)
    .describe('ROUGE-L with an example or a row made before from which on a text is left out.'),
})

type AttributedOptions = z.infer<typeof optionsSchema>

/** More labels than this are no labels. */
const mostLabels = 200
/** Rows of each label that examples are drawn from. */
const sampleSize = 50

/**
 * New texts of each label, each asked for with another combination of attributes, so that they do not all sound alike (Yu et al. 2023, AttrPrompt).
 * Combinations are drawn without repeating one until all have been used. Every made row has the columns of its first example, with the new text.
 */
export const attributedPrompts: CorpusStepDefinition<AttributedOptions> = {
  kind: 'corpus',
  name: 'attributed-prompts',
  description: 'Adds rows of each label that a chat model writes for drawn combinations of attributes.',
  options: optionsSchema,
  async plan(rows, options, context): Promise<CorpusPlan> {
    const labelColumn = options.label.normalize('NFC')
    const sample = await sampleRows(rows, sampleSize, (row) => labelOf(row.values[labelColumn]), context)
    const labels = chosenLabels([...sample.keys()].sort(), labelColumn, options)
    const all = [...sample.values()].flat()
    const language =
      options.language === 'auto'
        ? detectLanguage(all.map((row) => documentText(row, row.columns)))
        : options.language
    const tokenize = await rougeTokenizer(language, 'word')
    const prompts = [attributedPrompt, attributeValuesPrompt]
    const settings = { step: 'attributed-prompts', prompts, options, context }
    return planChat(settings, async ({ model, store, tally, signal }) => {
      const open = (number: number) =>
        converse(model, options, language, randomStream(context.seed, stream + number), signal)
      const made = new RowsOfParents()
      let total = 0
      const attributes = await readAttributes(open, options)
      let number = 1
      for (const label of labels) {
        const examples = sample.get(label)!
        const draw = combinations(attributes, randomStream(context.seed, stream - 1 - number))
        const known = new SimilarTexts(tokenize)
        for (const row of examples) known.add(textOf(row, options))
        let left = options.count
        while (left > 0) {
          const jobs = Array.from({ length: Math.min(left, together) }, () => {
            const own = number++
            const random = randomStream(context.seed, stream + own * 100)
            return {
              number: own,
              label,
              attributes: draw(),
              examples: random.shuffled(examples).slice(0, options.examples),
            }
          })
          left -= jobs.length
          // Those that go out together are compared in their order, so that the outcome does not depend on which came first.
          const texts = await Promise.all(jobs.map((job) => write(job, { open, known, language, options })))
          for (const [index, written] of texts.entries()) {
            const job = jobs[index]!
            const outcome =
              written instanceof AnswerFailure ? written : (twin(known, written.text, options) ?? written)
            if (outcome instanceof AnswerFailure) {
              const { reason, detail } = outcome
              tally.add(`failed: ${reason}`)
              store.addFailure({
                step: settings.step,
                label,
                reason,
                ...(detail !== undefined && { detail }),
              })
              continue
            }
            known.add(outcome.text)
            total++
            const [parent] = job.examples
            made.add(parent!, {
              values: { ...parent!.values, [textColumn(parent!, options)]: outcome.text },
              recipe: {
                label,
                attributes: job.attributes,
                parents: job.examples.map(({ place: { file, number } }) => ({ file, number })),
                requestSeed: outcome.seed,
              },
            })
          }
          context.progress(settings.step, total)
        }
      }
      made.store(store, recipeOf(settings))
      return { labels: labels.length, 'rows made': total }
    })
  },
}

const stream = 0x61747472 * 0x10000
/** Texts that are asked for at a time. */
const together = 16

interface Job {
  readonly number: number
  readonly label: string
  readonly attributes: Readonly<Record<string, string>>
  readonly examples: readonly IndexedRow[]
}

interface Written {
  readonly text: string
  readonly seed: number
}

function labelOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

function chosenLabels(
  found: readonly string[],
  column: string,
  { labels }: AttributedOptions,
): readonly string[] {
  const refuse = (why: string) => new YuksuError('augment-labels', why)
  if (found.length === 0) {
    throw refuse(`no row has a label in the column ${column}; name the column as label in attributed-prompts`)
  }
  if (labels === undefined) {
    if (found.length <= mostLabels) return found
    throw refuse(
      `the column ${column} has ${found.length} different values, more than the ${mostLabels} that labels can be; name the ones that you mean under labels`,
    )
  }
  const missing = labels.find((label) => !found.includes(label))
  if (missing === undefined) return labels
  throw refuse(
    `no row has the label ${JSON.stringify(missing)}, and every made row is named after one; the labels are ${found.slice(0, 20).join(', ')}`,
  )
}

function textColumn(row: IndexedRow, { text, label }: AttributedOptions): string {
  const column = text?.normalize('NFC') ?? row.columns.document.find((name) => name !== label)
  if (column !== undefined) return column
  throw new YuksuError(
    'augment-columns',
    `attributed-prompts knows no column of text in ${row.place.file}; name it as text`,
  )
}

function textOf(row: IndexedRow, options: AttributedOptions): string {
  const value = row.values[textColumn(row, options)]
  return typeof value === 'string' ? value : ''
}

/** The values of each attribute; those that are not given are asked for. Throws `chat-attributes` where too few come. */
async function readAttributes(
  open: (number: number) => Conversation,
  { attributes, task, attempts }: AttributedOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const values = new Map<string, readonly string[]>()
  for (const [attribute, given] of Object.entries(attributes)) {
    if (typeof given !== 'number') {
      values.set(attribute, given)
      continue
    }
    let found: readonly string[] = []
    for (let attempt = 0; found.length < 2 && attempt < attempts; attempt++) {
      try {
        const said = await open(attempt).ask(attributeValuesPrompt, { task, attribute, count: String(given) })
        found = [...new Set(readTagList(said, 'value'))].slice(0, given)
      } catch (error) {
        if (!(error instanceof AnswerFailure)) throw error
      }
    }
    if (found.length < 2) {
      throw new YuksuError(
        'chat-attributes',
        `the model thought of ${found.length} values for the attribute ${attribute}, at least 2 are needed; give its values in the recipe`,
      )
    }
    values.set(attribute, found)
  }
  return values
}

/** Draws combinations, none a second time before every one was drawn. */
function combinations(
  attributes: ReadonlyMap<string, readonly string[]>,
  random: Random,
): () => Record<string, string> {
  const total = [...attributes.values()].reduce((product, values) => product * values.length, 1)
  const used = new Set<number>()
  return () => {
    if (used.size >= total) used.clear()
    let chosen = random.below(total)
    while (used.has(chosen)) chosen = (chosen + 1) % total
    used.add(chosen)
    const drawn: Record<string, string> = {}
    for (const [name, values] of attributes) {
      drawn[name] = values[chosen % values.length]!
      chosen = Math.floor(chosen / values.length)
    }
    return drawn
  }
}

/** One text, or why there is none after all attempts. `known` are texts of the label that it must differ from. */
async function write(
  job: Job,
  given: {
    readonly open: (number: number) => Conversation & { readonly seed: number }
    readonly known: SimilarTexts
    readonly language: PromptLanguage
    readonly options: AttributedOptions
  },
): Promise<Written | AnswerFailure> {
  const { open, known, language, options } = given
  for (let attempt = 1; ; attempt++) {
    const conversation = open(job.number * 100 + attempt)
    const text = await orFailure(writeText(conversation, job, options))
    const failure =
      text instanceof AnswerFailure
        ? text
        : (twin(known, text, options) ??
          (detectLanguage([text]) === language ? undefined : new AnswerFailure('wrong-language')))
    if (failure === undefined) return { text: text as string, seed: conversation.seed }
    if (attempt >= options.attempts) return failure
  }
}

async function writeText(
  { ask, language }: Conversation,
  job: Job,
  options: AttributedOptions,
): Promise<string> {
  const attributes = Object.entries(job.attributes).map(([name, value]) => `- ${name}: ${value}`)
  const examples = job.examples.map((row) => textOf(row, options).trim()).filter((text) => text !== '')
  const heading =
    language === 'ko' ? '이름표의 예 (베끼지 마세요)' : 'Examples of the label (do not copy them)'
  const said = await ask(attributedPrompt, {
    task: options.task,
    label: job.label,
    attributes: attributes.join('\n'),
    examples:
      examples.length === 0 ? '' : `${heading}:\n${examples.map((text) => `- ${text}`).join('\n')}\n\n`,
  })
  return readTags(said, ['answer']).answer
}

function twin(
  known: SimilarTexts,
  text: string,
  { maximumSimilarity }: AttributedOptions,
): AnswerFailure | undefined {
  const near = known.closest(text)
  if (near === undefined || near.similarity < maximumSimilarity) return undefined
  return new AnswerFailure('similar', `ROUGE-L ${near.similarity.toFixed(2)}`)
}
