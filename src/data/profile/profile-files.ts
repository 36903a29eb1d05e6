import { YuksuError } from '../../errors.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { countClusters } from '../deduplicate/deduplicate-files.ts'
import { parseShingle } from '../deduplicate/shingles.ts'
import { findSimilarTexts } from '../deduplicate/similar-texts.ts'
import { nearest } from '../../settings/nearest-name.ts'
import type { GivenColumns } from '../prepare/find-columns.ts'
import { sourceTasks } from '../prepare/source-tasks.ts'
import {
  openSources,
  readBatch,
  type Source,
  type SourceFault,
  type UnreadableRow,
} from '../sources/index.ts'
import { type DataRow, documentText, type TextColumns } from '../step.ts'
import type { DuplicatesProfile, ProfileReport } from './profile-report.ts'
import { Profiler } from './profiler.ts'

export interface ProfileFilesOptions {
  /** Columns of the document; found in the first rows without them. */
  readonly columns?: readonly string[] | undefined
  /** Column of topics; found by its name without it. */
  readonly topic?: string | undefined
  /** Model whose tokens are counted. */
  readonly tokenizer?: string | undefined
  /** Documents drawn for terms and topics, 5,000 without it. */
  readonly sample?: number | undefined
  readonly seed?: number | undefined
  /**
   * Whether near-duplicates are looked for: by default among 50,000 rows at most, because it takes memory and time for
   * each of them.
   */
  readonly near?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (stage: string, rows: number) => void
}

const nearRows = 50_000
const nearThreshold = 0.5
const nearShingle = 'word:5'

interface ReadingEvents {
  readonly onFault: (fault: SourceFault) => void
  readonly onUnreadable: (row: UnreadableRow) => void
  readonly onColumns: (file: string, columns: TextColumns) => void
}

/**
 * Profiles files, folders and patterns of rows: lengths, columns, languages, copies, topics and terms, in one pass. What
 * cannot be read is counted and named.
 *
 * @throws YuksuError `no-rows` where nothing could be read, `missing-column`.
 */
export async function profileFiles(
  patterns: readonly string[],
  options: ProfileFilesOptions = {},
): Promise<ProfileReport> {
  const tokenizer = options.tokenizer === undefined ? undefined : await loadTokenizer(options.tokenizer)
  const { sources, faults } = await openSources(patterns)
  const profiler = new Profiler({
    ...(options.sample !== undefined && { sample: options.sample }),
    ...(options.seed !== undefined && { seed: options.seed }),
    topic: options.topic,
    countTokens: tokenizer === undefined ? undefined : (text) => tokenizer.encode(text).length,
  })
  const given: GivenColumns = { document: options.columns }
  const columns = new Map<string, TextColumns>()
  const counts = new Map(sources.map(({ file }) => [file, { rows: 0, unreadable: 0 }]))
  const reasons: Record<string, number> = {}
  let unreadable = 0
  const events: ReadingEvents = {
    onFault: (fault) => void faults.push(fault),
    onUnreadable({ place, reason }) {
      unreadable++
      counts.get(place.file)!.unreadable++
      reasons[reason] = (reasons[reason] ?? 0) + 1
    },
    onColumns: (file, found) => void columns.set(file, found),
  }
  for await (const { row, columns } of rowsOf(sources, given, events)) {
    if (profiler.rows % 2000 === 0) {
      options.signal?.throwIfAborted()
      options.onProgress?.('reading', profiler.rows)
    }
    counts.get(row.place.file)!.rows++
    profiler.add(row, columns)
  }
  if (profiler.rows === 0) {
    const [fault] = faults
    const why = fault === undefined ? '' : ` (${fault.detail})`
    throw new YuksuError('no-rows', `no row could be read of ${patterns.join(', ')}${why}`)
  }
  if (options.topic !== undefined) checkTopic(options.topic, profiler.columnNames)
  options.onProgress?.('finding topics', profiler.rows)
  const profile = await profiler.report()
  const near =
    (options.near ?? profiler.rows <= nearRows)
      ? await nearDuplicates(sources, given, profiler.rows, options)
      : undefined
  return {
    files: sources.map(({ file, bytes }) => {
      const found = columns.get(file)
      return {
        file,
        ...counts.get(file)!,
        ...(bytes !== undefined && { bytes }),
        document: found?.document ?? [],
        ...(found?.summary !== undefined && { summary: found.summary }),
      }
    }),
    ...profile,
    unreadable: { rows: unreadable, reasons },
    faults,
    ...(options.tokenizer !== undefined && { tokenizer: options.tokenizer }),
    duplicates: { ...profile.duplicates, ...(near !== undefined && { near }) },
  }
}

function checkTopic(topic: string, names: readonly string[]): void {
  if (names.includes(topic.normalize('NFC'))) return
  const near = nearest(topic, names)
  const mend = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`
  throw new YuksuError('missing-column', `no row has the column ${topic} that holds the topics; ${mend}`)
}

async function* rowsOf(
  sources: readonly Source[],
  given: GivenColumns,
  { onFault, onUnreadable, onColumns }: ReadingEvents,
): AsyncGenerator<{ row: DataRow; columns: TextColumns }> {
  const findings = { columns: [], faults: [] as (SourceFault[] | undefined)[] }
  for await (const { task } of sourceTasks(sources, given, { source: 0, batches: 0 }, findings)) {
    if (task.kind !== 'batch') continue
    onColumns(task.batch.file, task.columns)
    for (const row of readBatch(task.batch))
      if ('reason' in row) onUnreadable(row)
      else yield { row, columns: task.columns }
  }
  for (const fault of findings.faults.flat()) if (fault !== undefined) onFault(fault)
}

async function nearDuplicates(
  sources: readonly Source[],
  given: GivenColumns,
  rows: number,
  { signal, seed, onProgress }: ProfileFilesOptions,
): Promise<DuplicatesProfile['near']> {
  async function* texts(): AsyncGenerator<string> {
    const silent: ReadingEvents = { onFault: () => {}, onUnreadable: () => {}, onColumns: () => {} }
    for await (const { row, columns } of rowsOf(sources, given, silent)) yield documentText(row, columns)
  }
  const similar = await findSimilarTexts(texts(), {
    threshold: nearThreshold,
    shingles: parseShingle(nearShingle),
    ...(seed !== undefined && { seed }),
    signal,
    onProgress: (_, done, total = rows) => onProgress?.('comparing', Math.floor((done / total) * rows)),
  })
  const { clusters, duplicates } = countClusters(similar)
  return { threshold: nearThreshold, shingle: nearShingle, pairs: similar.pairs, clusters, rows: duplicates }
}
