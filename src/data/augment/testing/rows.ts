import type { CorpusContext, DataRow, IndexedRow, RowSource, RowValues, TextColumns } from '../../step.ts'

/** Rows for tests, as the pipeline gives them to a step. */
export function rowsOf(values: readonly RowValues[], columns: TextColumns): RowSource {
  return {
    count: values.length,
    async *[Symbol.asyncIterator](): AsyncGenerator<IndexedRow> {
      for (const [index, row] of values.entries()) yield { ...rowOf(row, index + 1), index, columns }
    },
  }
}

export function rowOf(values: RowValues, number = 1): DataRow {
  return { place: { file: 'rows.jsonl', number, line: number }, values }
}

export function corpusContext(folder: string, seed = 1, signal?: AbortSignal): CorpusContext {
  return { seed, folder, threads: 1, signal, progress() {} }
}
