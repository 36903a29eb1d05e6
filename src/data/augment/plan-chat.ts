// A step that asks a chat model: what it has while it does, and what comes of it however it ends.
import type { CorpusContext, CorpusPlan, IndexedRow, RowValues } from '../step.ts'
import { type ChatModel, ChatRequestError } from './chat-model.ts'
import { type ChatOptions, type ModelOptions, openChat } from './chat-options.ts'
import { MadeRows } from './made-rows.ts'
import type { Prompt } from './prompts/prompt.ts'
import { AnswerFailure } from './read-answer.ts'

export interface ChatStepSettings<Options extends ModelOptions = ChatOptions> {
  readonly step: string
  readonly prompts: readonly Prompt[]
  readonly options: Options
  readonly context: CorpusContext
}

/** What a step has while it asks. */
export interface ChatWork {
  readonly model: ChatModel
  readonly store: MadeRows
  readonly tally: Tally
  /** Aborted when the step is, or when a part of it has failed for good. */
  readonly signal: AbortSignal
}

/** Opens the model for `work`, which gives figures of its own, and closes what was opened whatever comes of it. */
export async function planChat(
  { step, options, context }: ChatStepSettings<ModelOptions>,
  work: (at: ChatWork) => Promise<Readonly<Record<string, number>>>,
): Promise<CorpusPlan> {
  const chat = await openChat(options, context)
  const store = new MadeRows(context.folder)
  const tally = new Tally()
  const stop = new AbortController()
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal
  let figures: Readonly<Record<string, number>>
  try {
    figures = await work({ model: chat.model, store, tally, signal })
  } catch (error) {
    stop.abort(error)
    throw error
  } finally {
    store.close()
  }
  return {
    outcome: (index) => store.outcome(index),
    figures: { ...figures, ...tally.figures(), ...chat.figures() },
    files: { [`${step}-failures.jsonl`]: store.failures() },
  }
}

/** What a recipe says of the model, for every row of a step. */
export function recipeOf({
  step,
  prompts,
  options,
  context,
}: ChatStepSettings<ModelOptions>): Record<string, unknown> {
  const { model, temperature, topP } = options
  return {
    step,
    model,
    temperature,
    ...(topP !== undefined && { topP }),
    seed: context.seed,
    prompts: prompts.map((prompt) => `${prompt.name}-${prompt.version}`),
  }
}

/** Counts of what happened, by name, for the report. */
export class Tally {
  readonly #counts = new Map<string, number>()

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  /** In the order of the names, so that it does not depend on which answer came first. */
  figures(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([first], [second]) => (first < second ? -1 : 1)))
  }
}

/** A made row with what its recipe says besides what all have in common. */
export interface MadeRow {
  readonly values: RowValues
  readonly recipe: Readonly<Record<string, unknown>>
}

/** Rows made after the example of others, each of which will stand behind the first of these. */
export class RowsOfParents {
  readonly #rows = new Map<number, MadeRow[]>()

  add({ index }: IndexedRow, row: MadeRow): void {
    const list = this.#rows.get(index)
    if (list === undefined) this.#rows.set(index, [row])
    else list.push(row)
  }

  /** Writes them down, with the recipe that all have in common. */
  store(to: MadeRows, recipe: Readonly<Record<string, unknown>>): void {
    for (const [index, list] of this.#rows) {
      const [made, recipes] = [list.map(({ values }) => values), list.map((one) => one.recipe)]
      to.add(index, { made, recipe, recipes })
    }
  }
}

export function failureOf(error: unknown): { reason: string; detail: string | undefined } | undefined {
  if (error instanceof AnswerFailure) return error
  if (error instanceof ChatRequestError) return { reason: error.code, detail: error.message }
  return undefined
}

/** Failures of one answer as values; a model that is gone is still thrown. */
export async function orFailure<Value>(work: Promise<Value>): Promise<Value | AnswerFailure> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ChatRequestError && error.code === 'chat-unavailable') throw error
    const failure = failureOf(error)
    if (failure === undefined) throw error
    return new AnswerFailure(failure.reason, failure.detail)
  }
}
