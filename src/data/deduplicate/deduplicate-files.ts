import { writeFileAtomic } from '../../formats/atomic-file.ts'
import type { GivenColumns, SourceColumns } from '../prepare/find-columns.ts'
import { sourceTasks } from '../prepare/source-tasks.ts'
import { openSources } from '../sources/open-sources.ts'
import { readBatch } from '../sources/read-batch.ts'
import type { Source, SourceFault, UnreadableRow } from '../sources/source.ts'
import { documentText } from '../step.ts'
import { YuksuError } from '../../errors.ts'
import type { Bands } from './bands.ts'
import { PlaceTable } from './place-table.ts'
import { findSimilarTexts, type SimilarTexts, type SimilarTextsOptions } from './similar-texts.ts'

export interface DeduplicateFilesOptions extends SimilarTextsOptions {
  /** Where the pairs are written, as JSON lines. */
  readonly pairs: string
  /** Columns that together are the document; found in the first rows without it. */
  readonly columns?: readonly string[] | undefined
  /** More pairs than this are not written: copies of a text by the thousand are pairs by the million. */
  readonly limit?: number
  readonly onUnreadable?: (row: UnreadableRow) => void
  readonly onFault?: (fault: SourceFault) => void
}

export interface DeduplicateFilesReport {
  readonly rows: number
  /** Rows and files that could not be read, or not to their end. */
  readonly unreadable: { readonly rows: number; readonly files: number }
  /** Rows without a word: they are like none. */
  readonly withoutText: number
  readonly pairs: number
  /** Rows that hang together by pairs, and how many could go if each kept one. */
  readonly clusters: number
  readonly duplicates: number
  /** Which columns were compared, by file. */
  readonly columns: Readonly<Record<string, readonly string[]>>
  readonly threshold: number
  readonly bands: Bands
  /** Pairs that were compared exactly. */
  readonly compared: number
  readonly output: string
}

/**
 * Finds all pairs of rows whose documents are alike and writes them, one a line, in order of their rows:
 * `{"first":{"file","row"},"second":{"file","row"},"jaccard"}`.
 *
 * @throws YuksuError `no-rows` where nothing could be read, `too-many-pairs`, and what writing throws.
 */
export async function deduplicateFiles(
  files: readonly string[],
  { pairs: output, columns, limit = 1e8, onUnreadable, onFault, ...options }: DeduplicateFilesOptions,
): Promise<DeduplicateFilesReport> {
  const places = new PlaceTable()
  const found: Record<string, readonly string[]> = {}
  const unreadable = { rows: 0, files: 0 }
  const { sources, faults } = await openSources(files)
  const fault = (given: SourceFault) => {
    unreadable.files += 1
    onFault?.(given)
  }
  for (const given of faults) fault(given)
  const texts = documents(sources, { document: columns }, places, {
    onUnreadable(row) {
      unreadable.rows += 1
      onUnreadable?.(row)
    },
    onFault: fault,
    onColumns: (file, { document }) => (found[file] = document),
  })
  const similar = await findSimilarTexts(texts, options)
  if (places.length === 0) {
    throw new YuksuError('no-rows', `no row could be read of ${files.join(', ')}; nothing was written`)
  }
  if (similar.pairs > limit) {
    throw new YuksuError(
      'too-many-pairs',
      `${similar.pairs} pairs were found, and at most ${limit} are written; drop exact copies first (yuksu prepare with the step exact-duplicates), or raise the limit`,
    )
  }
  await writeFileAtomic(output, pairLines(similar, places))
  const { clusters, duplicates } = countClusters(similar)
  return {
    rows: places.length,
    unreadable,
    withoutText: similar.empty,
    pairs: similar.pairs,
    clusters,
    duplicates,
    columns: found,
    threshold: options.threshold,
    bands: similar.bands,
    compared: similar.compared,
    output,
  }
}

interface Findings {
  readonly onUnreadable: (row: UnreadableRow) => void
  readonly onFault: (fault: SourceFault) => void
  readonly onColumns: (file: string, columns: SourceColumns) => void
}

async function* documents(
  sources: readonly Source[],
  given: GivenColumns,
  places: PlaceTable,
  { onUnreadable, onFault, onColumns }: Findings,
): AsyncGenerator<string> {
  const findings = { columns: [], faults: [] as (SourceFault[] | undefined)[], encodings: [] }
  for await (const { task } of sourceTasks(sources, given, { source: 0, batches: 0 }, findings)) {
    if (task.kind !== 'batch') continue
    onColumns(task.batch.file, task.columns)
    for (const row of readBatch(task.batch)) {
      if ('reason' in row) {
        onUnreadable(row)
        continue
      }
      places.add(row.place)
      yield documentText(row, task.columns)
    }
  }
  for (const fault of findings.faults.flat()) if (fault) onFault(fault)
}

/** Clusters of more than one text, and the texts in them that are not their first. */
export function countClusters(similar: SimilarTexts): { clusters: number; duplicates: number } {
  const joined = similar.clusters()
  const heads = new Set<number>()
  let duplicates = 0
  for (let text = 0; text < similar.texts; text++) {
    const head = joined.find(text)
    if (head === text) continue
    heads.add(head)
    duplicates++
  }
  return { clusters: heads.size, duplicates }
}

/** Bytes of lines that are written at once. */
const pieceCharacters = 1 << 16

function* pairLines(similar: SimilarTexts, places: PlaceTable): Generator<Uint8Array> {
  const place = (row: number) => ({ file: places.file(row), row: places.number(row) })
  let lines = ''
  for (const { first, second, jaccard } of similar.eachPair()) {
    lines += `${JSON.stringify({ first: place(first), second: place(second), jaccard })}\n`
    if (lines.length < pieceCharacters) continue
    yield Buffer.from(lines)
    lines = ''
  }
  yield Buffer.from(lines)
}
