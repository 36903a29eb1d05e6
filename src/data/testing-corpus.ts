import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  CorpusContext,
  CorpusPlan,
  CorpusStepDefinition,
  DataRow,
  IndexedRow,
  RowOutcome,
  RowSource,
  RowValues,
  TextColumns,
} from './step.ts'

/** Rows of one file as a corpus step meets them. */
export function rowSource(
  rows: readonly (RowValues & { readonly file?: string })[],
  columns: Partial<TextColumns> = {},
): RowSource {
  return {
    count: rows.length,
    async *[Symbol.asyncIterator](): AsyncGenerator<IndexedRow> {
      const counts = new Map<string, number>()
      for (const [index, { file = 'rows.jsonl', ...values }] of rows.entries()) {
        const number = (counts.get(file) ?? 0) + 1
        counts.set(file, number)
        const texts = columns.texts ?? columns.document ?? ['text']
        const document = columns.document ?? texts
        const { summary } = columns
        yield {
          index,
          place: { file, number, line: number },
          values,
          columns: { texts, document, ...(summary !== undefined && { summary }) },
        }
      }
    },
  }
}

/** What became of each row by a step, and the plan it made. */
export async function runCorpusStep<Options>(
  step: CorpusStepDefinition<Options>,
  source: RowSource,
  options: unknown,
  seed = 1,
  context: Partial<CorpusContext> = {},
): Promise<{ plan: CorpusPlan; outcomes: RowOutcome[]; rows: DataRow[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-corpus-step-'))
  try {
    const plan = await step.plan(source, step.options.parse(options), {
      seed,
      folder,
      threads: 1,
      progress: () => {},
      ...context,
    })
    const outcomes: RowOutcome[] = []
    const rows: DataRow[] = []
    for await (const row of source) {
      rows.push(row)
      outcomes.push(plan.outcome(row.index, row))
    }
    return { plan, outcomes, rows }
  } finally {
    await rm(folder, { recursive: true })
  }
}
