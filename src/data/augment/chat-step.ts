// Rows through a chat model: several at a time, outcomes in the order of the rows, failures counted and never kept as rows.
import type { Random } from '../../random.ts'
import { detectLanguage } from '../rouge/rouge-units.ts'
import type { CorpusPlan, IndexedRow, RowSource, RowValues } from '../step.ts'
import { documentText } from '../step.ts'
import type { ChatModel } from './chat-model.ts'
import type { ChatOptions, ModelOptions } from './chat-options.ts'
import { placeRandom } from './place-random.ts'
import {
  type ChatStepSettings,
  type ChatWork,
  failureOf,
  type MadeRow,
  planChat,
  recipeOf,
} from './plan-chat.ts'
import { fillPrompt, type Prompt, type PromptLanguage } from './prompts/prompt.ts'
import { AnswerFailure } from './read-answer.ts'

/** One attempt to make a row of a row. */
export interface Conversation {
  readonly language: PromptLanguage
  /** For choices such as a style; another for each copy and attempt. */
  readonly random: Random
  /** The answer to a prompt. Throws `AnswerFailure` `cut-off`, `no-answer` or `tag-in-text`. */
  ask(prompt: Prompt, values: Readonly<Record<string, string>>, language?: PromptLanguage): Promise<string>
}

/** What came of it: a row with what its recipe says besides, or why there is nothing to be made. */
export type RowWork =
  | { readonly values: RowValues; readonly recipe?: Readonly<Record<string, unknown>> }
  | { readonly nothing: string }

export type RowJob = (row: IndexedRow, conversation: Conversation) => Promise<RowWork>

/** Requests of so many rows that fail one after another show that the endpoint is gone. */
const unavailableRows = 3

/** Reasons for which asking again is of no use. */
const finalReasons = new Set(['tag-in-text', 'chat-refused', 'chat-unavailable'])

const promptTag = /<\/?(?:answer|text|draft|feedback|verdict|task|input|output|value|new_text|new_answer)>/

/** Opens a conversation with a model, whose random numbers are those of `random`. */
export function converse(
  model: ChatModel,
  options: ModelOptions,
  language: PromptLanguage,
  random: Random,
  signal: AbortSignal | undefined,
): Conversation & { readonly seed: number } {
  const seed = random.below(2 ** 31)
  const { temperature, topP, maxTokens } = options
  return {
    language,
    random,
    seed,
    async ask(prompt, values, spoken = language) {
      if (Object.values(values).some((value) => promptTag.test(value))) throw new AnswerFailure('tag-in-text')
      const messages = fillPrompt(prompt, spoken, values)
      const answer = await model.chat(messages, { temperature, topP, maxTokens, seed }, signal)
      if (answer.finishReason === 'length') throw new AnswerFailure('cut-off')
      if (answer.text.trim() === '') throw new AnswerFailure('no-answer')
      return answer.text
    },
  }
}

export function languageOf(row: IndexedRow, { language }: ChatOptions): PromptLanguage {
  return language === 'auto' ? detectLanguage([documentText(row, row.columns)]) : language
}

interface Finished {
  readonly row: IndexedRow
  readonly made: MadeRow[]
  readonly nothing: string[]
  readonly failures: {
    readonly reason: string
    readonly detail: string | undefined
    readonly attempts: number
  }[]
}

/**
 * Plans a step that makes rows of each row by itself: `job` is called for `share` of the rows, `copies` times, and again with another seed
 * where it throws `AnswerFailure`, `attempts` times in all. Throws what is wrong with the model as a whole, and
 * `ChatRequestError` `chat-unavailable` where rows one after another get no answer.
 */
export async function planRows(
  rows: RowSource,
  settings: ChatStepSettings,
  job: RowJob,
): Promise<CorpusPlan> {
  return planChat(settings, (at) => workThrough(rows, settings, job, at))
}

async function workThrough(
  rows: RowSource,
  settings: ChatStepSettings,
  job: RowJob,
  { model, store, tally, signal }: ChatWork,
): Promise<Record<string, number>> {
  const { step, options, context } = settings
  let unavailable = 0

  async function attempt(row: IndexedRow, copy: number): Promise<Partial<Finished>> {
    for (let attempt = 1; ; attempt++) {
      const random = placeRandom(context.seed, `${step} ${copy} ${attempt}`, row.place)
      const conversation = converse(model, options, languageOf(row, options), random, signal)
      try {
        const work = await job(row, conversation)
        unavailable = 0
        if ('nothing' in work) return { nothing: [work.nothing] }
        const recipe = { ...work.recipe, requestSeed: conversation.seed }
        return { made: [{ values: work.values, recipe }] }
      } catch (error) {
        const failure = failureOf(error)
        if (failure === undefined) throw error
        if (failure.reason !== 'chat-unavailable') unavailable = 0
        else if (++unavailable >= unavailableRows) throw error
        if (attempt < options.attempts && !finalReasons.has(failure.reason)) continue
        return { failures: [{ reason: failure.reason, detail: failure.detail, attempts: attempt }] }
      }
    }
  }

  async function work(row: IndexedRow): Promise<Finished> {
    const copies = Array.from({ length: options.copies }, (_, copy) => attempt(row, copy))
    const parts = await Promise.all(copies)
    const made = parts.flatMap((part) => part.made ?? [])
    const failures = parts.flatMap((part) => part.failures ?? [])
    const seen = new Set<string>()
    const distinct = made.filter(({ values }) => {
      const text = JSON.stringify(values)
      if (!seen.has(text)) return seen.add(text)
      failures.push({ reason: 'same-as-another', detail: undefined, attempts: 1 })
      return false
    })
    return { row, made: distinct, nothing: parts.flatMap((part) => part.nothing ?? []), failures }
  }

  function finish({ row, made, nothing, failures }: Finished): void {
    tally.add('rows asked about')
    tally.add('rows made', made.length)
    for (const reason of nothing) tally.add(`nothing to do: ${reason}`)
    for (const { reason, detail, attempts } of failures) {
      tally.add(`failed: ${reason}`)
      store.addFailure({ ...row.place, step, reason, attempts, ...(detail !== undefined && { detail }) })
    }
    if (made.length === 0) return
    store.add(row.index, {
      made: made.map(({ values }) => values),
      recipe: recipeOf(settings),
      recipes: made.map(({ recipe }) => recipe),
    })
  }

  await inOrder(
    chosenRows(rows, settings),
    4 * options.concurrency,
    work,
    (finished) => {
      finish(finished)
      context.progress(step, finished.row.index + 1)
    },
    signal,
  )
  return { 'rows made': 0 }
}

async function* chosenRows(rows: RowSource, { step, options, context }: ChatStepSettings) {
  for await (const row of rows) {
    if (options.share < 1 && !placeRandom(context.seed, `${step} share`, row.place).chance(options.share))
      continue
    yield row
  }
}

/** Works on `width` items at a time at most and takes the results in the order of the items. */
async function inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
  take: (result: Result) => void,
  signal: AbortSignal,
): Promise<void> {
  const running: Promise<Result>[] = []
  for await (const item of items) {
    signal.throwIfAborted()
    const one = work(item)
    // Its failure is met when its turn comes; until then it must not count as one that nobody looks at.
    one.catch(() => undefined)
    running.push(one)
    if (running.length >= width) take(await running.shift()!)
  }
  for (const one of running) take(await one)
}
