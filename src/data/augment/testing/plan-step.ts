import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CorpusStepDefinition, RowOutcome, RowValues, TextColumns } from '../../step.ts'
import { corpusContext, rowOf, rowsOf } from './rows.ts'
import { type AskedRequest, type Reply, type ScriptedServer, scriptedServer } from './chat-server.ts'

export interface Planned {
  readonly outcomes: readonly RowOutcome[]
  /** The rows that were made, in order, each with what its recipe says. */
  readonly made: readonly { readonly values: RowValues; readonly recipe: Readonly<Record<string, unknown>> }[]
  readonly figures: Readonly<Record<string, number | string>>
  /** The lines of the file of failures. */
  readonly failures: readonly Readonly<Record<string, unknown>>[]
}

/** Plans a step on rows as the pipeline does, with a server that answers as `reply` says; everything is gone afterwards. */
export async function planWithServer<Options>(
  step: CorpusStepDefinition<Options>,
  rows: readonly RowValues[],
  columns: TextColumns,
  reply: (request: AskedRequest, number: number) => Reply,
  options: object = {},
  also: {
    readonly seed?: number
    readonly cache?: string
    readonly milliseconds?: number
    readonly signal?: AbortSignal
  } = {},
): Promise<Planned & { readonly server: ScriptedServer }> {
  const server = await scriptedServer(reply, also.milliseconds)
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-augment-'))
  try {
    const parsed = step.options.parse({
      model: 'soup',
      endpoint: server.endpoint,
      cache: also.cache ?? false,
      ...options,
    })
    const plan = await step.plan(rowsOf(rows, columns), parsed, corpusContext(folder, also.seed, also.signal))
    const outcomes = rows.map((values, index) => plan.outcome(index, rowOf(values, index + 1)))
    let text = ''
    for (const file of Object.values(plan.files ?? {}))
      for await (const piece of file) text += Buffer.from(piece).toString()
    const made = outcomes.flatMap((outcome) => {
      if (outcome === undefined || !('made' in outcome)) return []
      return outcome.made.map((values, index) => ({
        values,
        recipe: { ...outcome.recipe, ...outcome.recipes?.[index] },
      }))
    })
    const failures = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return { outcomes, made, figures: plan.figures ?? {}, failures, server }
  } finally {
    await server.close()
    await rm(folder, { recursive: true })
  }
}

/** The text between `<tag>` and `</tag>` in what was asked. */
export function askedText(request: AskedRequest, tag = 'text'): string {
  const { content } = request.messages.at(-1)!
  return content.slice(content.indexOf(`<${tag}>\n`) + tag.length + 3, content.indexOf(`\n</${tag}>`))
}
