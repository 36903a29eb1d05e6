import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { randomStream } from '../../random.ts'
import { defaultUnit, detectLanguage, rougeTokenizer, type Tokenize } from '../rouge/rouge-units.ts'
import { SimilarTexts } from '../rouge/similar-texts.ts'
import type {
  CorpusContext,
  CorpusPlan,
  CorpusStepDefinition,
  IndexedRow,
  RowSource,
  RowValues,
} from '../step.ts'
import { modelFields } from './chat-options.ts'
import { type Conversation, converse } from './chat-step.ts'
import { orFailure, planChat, recipeOf, RowsOfParents } from './plan-chat.ts'
import type { PromptLanguage } from './prompts/prompt.ts'
import {
  classificationPrompt,
  inputFirstPrompt,
  instructionsPrompt,
  outputFirstPrompt,
} from './prompts/writing.ts'
import { AnswerFailure, readTagList, readTags } from './read-answer.ts'
import { sampleRows } from './sample-rows.ts'

const column = (name: string) => z.string().min(1).default(name)

const optionsSchema = z.strictObject({
  ...modelFields,
  count: z.int().min(1).default(100).describe('Tasks to be made.'),
  columns: z
    .strictObject({
      instruction: column('instruction').describe('Column of what is to be done.'),
      input: column('input').describe('Column of what it is to be done with; may be empty.'),
      output: column('output').describe('Column of the answer.'),
    })
    .prefault({})
    .describe('Names of the columns.'),
  seedsPerPrompt: z.int().min(1).default(6).describe('Given tasks that each request shows.'),
  madePerPrompt: z.int().min(0).default(2).describe('Tasks made before that each request shows.'),
  perPrompt: z.int().min(1).max(50).default(8).describe('New tasks that each request asks for.'),
  promptsPerRound: z
    .int()
    .min(1)
    .default(4)
    .describe('Requests that go out together, and so do not know of the tasks of each other.'),
  seeds: z.int().min(1).default(1000).describe('Rows that are drawn as seeds, where there are more.'),
  maximumSimilarity: z
    .number()
    .gt(0)
    .max(1)
    .default(0.7)
    .describe(
      'ROUGE-L with any task there is from which on a new one is left out; by words, in Korean by morphemes.',
    ),
  minimumWords: z.int().min(1).default(3).describe('Words (morphemes) that an instruction has at least.'),
  maximumWords: z.int().min(1).default(150).describe('Words (morphemes) that an instruction has at most.'),
  keywords: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'Words of tasks that cannot be done with text alone; without it, those of pictures, files and the internet.',
    ),
  patience: z.int().min(1).default(5).describe('Rounds without a new task after which it stops.'),
})

type SelfInstructOptions = z.infer<typeof optionsSchema>

const usualKeywords: Readonly<Record<PromptLanguage, readonly string[]>> = {
  en: 'image|images|picture|pictures|graph|graphs|file|files|map|maps|draw|plot|go to|video|audio|music|flowchart|diagram|website|url'.split(
    '|',
  ),
  ko: '이미지|사진|그래프|그림|그려|파일|지도|동영상|영상|오디오|음악|도표|순서도|웹사이트|인터넷|링크'.split(
    '|',
  ),
}

/** A task that may be shown, and how a recipe names it: a row by its place, or a made task by its number. */
interface Task {
  readonly instruction: string
  readonly name: object
}

interface Seed extends Task {
  readonly row: IndexedRow
}

/** Instructions that a request brought. */
interface Proposal {
  readonly parents: readonly object[]
  readonly seed: Seed
  readonly instructions: readonly string[]
}

/** An instruction that is new. */
interface Accepted {
  readonly instruction: string
  readonly proposal: Proposal
  /** Its number among all that were accepted, which its random numbers depend on. */
  readonly number: number
}

/**
 * New tasks out of the given ones (Wang et al. 2023, Self-Instruct). Each request shows some seeds and some tasks made before and asks for new
 * instructions; those too like any there is (ROUGE-L), too short or long, of pictures or files, or in another language are left out. A second request
 * decides whether an instruction is a classification; then its answer is made first and an input for it, otherwise the input first, so
 * that labels do not all come out alike. A made row stands after the first seed that its request showed; its recipe names all parents.
 */
export const selfInstruct: CorpusStepDefinition<SelfInstructOptions> = {
  kind: 'corpus',
  name: 'self-instruct',
  description:
    'Adds tasks (instruction, input, output) that a chat model makes after the example of the given ones.',
  options: optionsSchema,
  async plan(rows, options, context): Promise<CorpusPlan> {
    const seeds = await readSeeds(rows, options, context)
    const prompts = [instructionsPrompt, classificationPrompt, inputFirstPrompt, outputFirstPrompt]
    const settings = { step: 'self-instruct', prompts, options, context }
    const language =
      options.language === 'auto' ? detectLanguage(seeds.map((seed) => seed.instruction)) : options.language
    const filter = await instructionFilter(seeds, language, options)
    return planChat(settings, async ({ model, store, tally, signal }) => {
      const made: Task[] = []
      const bySeed = new RowsOfParents()
      const open = (stream: number, number: number) =>
        converse(model, options, language, randomStream(context.seed, stream + number), signal)
      const fail = ({ reason, detail }: AnswerFailure): void => {
        tally.add(`failed: ${reason}`)
        store.addFailure({ step: settings.step, reason, ...(detail !== undefined && { detail }) })
      }
      let requests = 0
      let accepted = 0
      let idle = 0
      while (made.length < options.count && idle < options.patience) {
        const numbers = Array.from({ length: options.promptsPerRound }, () => requests++)
        const proposals = await Promise.all(
          numbers.map((number) => orFailure(propose(open(proposalStream, number), seeds, made, options))),
        )
        const chosen: Accepted[] = []
        for (const proposal of proposals) {
          if (proposal instanceof AnswerFailure) {
            fail(proposal)
            continue
          }
          for (const instruction of proposal.instructions) {
            if (made.length + chosen.length >= options.count) break
            const refusal = filter(instruction)
            if (refusal === undefined) chosen.push({ instruction, proposal, number: accepted++ })
            else fail(refusal)
          }
        }
        const before = made.length
        const instances = await Promise.all(chosen.map((one) => instance(one, open, options)))
        for (const [index, one] of instances.entries()) {
          const { instruction, proposal } = chosen[index]!
          if (one instanceof AnswerFailure) {
            fail(one)
            continue
          }
          made.push({ instruction, name: { made: made.length + 1 } })
          const { parents, seed } = proposal
          bySeed.add(seed.row, {
            values: taskValues(instruction, one, options),
            recipe: { number: made.length, parents, ...one.recipe },
          })
        }
        idle = made.length > before ? 0 : idle + 1
        context.progress(settings.step, made.length)
      }
      bySeed.store(store, recipeOf(settings))
      return { seeds: seeds.length, 'tasks asked for': options.count, 'rows made': made.length }
    })
  },
}

const proposalStream = 0x70726f70 * 0x10000
const instanceStream = 0x696e7374 * 0x10000

async function readSeeds(
  rows: RowSource,
  options: SelfInstructOptions,
  context: CorpusContext,
): Promise<Seed[]> {
  const name = options.columns.instruction.normalize('NFC')
  const textOf = (row: IndexedRow): string | undefined => {
    const value = row.values[name]
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
  }
  const sample = await sampleRows(
    rows,
    options.seeds,
    (row) => (textOf(row) === undefined ? undefined : ''),
    context,
  )
  const seeds = sample.get('') ?? []
  if (seeds.length === 0) {
    throw new YuksuError(
      'augment-columns',
      `no row has an instruction in the column ${name}, so self-instruct has no seeds; name the column under columns.instruction`,
    )
  }
  return seeds.map((row) => {
    const { file, number, made } = row.place
    return { instruction: textOf(row)!, name: { file, number, ...(made && { made }) }, row }
  })
}

/** What is wrong with an instruction, or undefined where it is new; it is then one that the next are compared with. */
async function instructionFilter(
  seeds: readonly Seed[],
  language: PromptLanguage,
  options: SelfInstructOptions,
): Promise<(instruction: string) => AnswerFailure | undefined> {
  const tokenize: Tokenize = await rougeTokenizer(language, defaultUnit(language))
  const pool = new SimilarTexts(tokenize)
  for (const seed of seeds) pool.add(seed.instruction)
  const words = (options.keywords ?? usualKeywords[language]).map((word) =>
    word.normalize('NFC').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  )
  // A Korean word goes on with particles and endings, so that its beginning alone can be told.
  const keyword =
    words.length === 0
      ? /$^/
      : new RegExp(
          `(?<![\\p{L}\\p{N}])(?:${words.join('|')})${language === 'en' ? '(?![\\p{L}\\p{N}])' : ''}`,
          'iu',
        )
  return (instruction) => {
    const length = instruction.split('\n').flatMap((line) => tokenize(line)).length
    if (length < options.minimumWords) return new AnswerFailure('too-short', `${length} words`)
    if (length > options.maximumWords) return new AnswerFailure('too-long', `${length} words`)
    if (!/^[\p{L}\p{N}"'“‘「『(]/u.test(instruction)) return new AnswerFailure('odd-beginning')
    if (detectLanguage([instruction]) !== language) return new AnswerFailure('wrong-language')
    if (keyword.test(instruction)) return new AnswerFailure('keyword')
    const near = pool.closest(instruction)
    if (near !== undefined && near.similarity >= options.maximumSimilarity) {
      return new AnswerFailure('similar', `ROUGE-L ${near.similarity.toFixed(2)}`)
    }
    pool.add(instruction)
    return undefined
  }
}

async function propose(
  { random, ask }: Conversation,
  seeds: readonly Seed[],
  made: readonly Task[],
  options: SelfInstructOptions,
): Promise<Proposal> {
  const chosen = random.shuffled(seeds).slice(0, options.seedsPerPrompt)
  const shown = [...chosen, ...random.shuffled(made).slice(0, options.madePerPrompt)]
  const examples = random.shuffled(shown).map((task, index) => `${index + 1}. ${task.instruction}`)
  const said = await ask(instructionsPrompt, {
    count: String(options.perPrompt),
    examples: examples.join('\n\n'),
  })
  return {
    parents: shown.map((task) => task.name),
    seed: chosen[0]!,
    instructions: readTagList(said, 'task'),
  }
}

interface Instance {
  readonly input: string
  readonly output: string
  readonly recipe: Readonly<Record<string, unknown>>
}

/** An input and an output for an instruction, or why none came in `attempts`. */
async function instance(
  { instruction, number }: Accepted,
  open: (stream: number, number: number) => Conversation & { readonly seed: number },
  { attempts }: SelfInstructOptions,
): Promise<Instance | AnswerFailure> {
  for (let attempt = 0; ; attempt++) {
    const conversation = open(instanceStream, number * 100 + attempt)
    const made = await orFailure(tryInstance(instruction, conversation))
    if (!(made instanceof AnswerFailure)) {
      return { ...made, recipe: { ...made.recipe, requestSeed: conversation.seed } }
    }
    if (attempt + 1 >= attempts) return made
  }
}

async function tryInstance(instruction: string, { random, ask }: Conversation): Promise<Instance> {
  const kind = readTags(await ask(classificationPrompt, { instruction }), ['answer']).answer.toLowerCase()
  if (kind !== 'yes' && kind !== 'no') throw new AnswerFailure('malformed', 'neither yes nor no')
  const classification = kind === 'yes'
  const said = classification
    ? await ask(outputFirstPrompt, { instruction, choice: String(1 + random.below(10)) })
    : await ask(inputFirstPrompt, { instruction })
  const { input, output } = readTags(said, ['input', 'output'], classification ? [] : ['input'])
  if (output === input) throw new AnswerFailure('output-is-input')
  if (input === instruction || output === instruction) throw new AnswerFailure('repeats-instruction')
  if (/[:：]$/u.test(output)) throw new AnswerFailure('unfinished')
  return { input, output, recipe: { classification } }
}

function taskValues(
  instruction: string,
  { input, output }: Instance,
  { columns }: SelfInstructOptions,
): RowValues {
  return {
    [columns.instruction.normalize('NFC')]: instruction,
    [columns.input.normalize('NFC')]: input,
    [columns.output.normalize('NFC')]: output,
  }
}
