// What a step of a preparation is: it sees rows, says for each what becomes of it, and touches nothing else. The pipeline
// (`prepare/`) reads, counts, records and writes, so that every dropped or changed row is accounted for in one place.
import type { z } from 'zod'
import type { ChatModel } from './augment/chat-model.ts'

/** Where a row stands in what was given. */
export interface RowPlace {
  /** The file as it was named. */
  readonly file: string
  /** 1-based row of the file. */
  readonly number: number
  /** 1-based physical line where the row starts; 0 where a file has no lines. */
  readonly line: number
  /** For a row that a step made out of the row of this place: the step, and which of its rows, from 1. */
  readonly made?: { readonly by: string; readonly index: number }
}

/** Values of a row by column name (normal form C), as JSON can hold them. */
export type RowValues = Readonly<Record<string, unknown>>

export interface DataRow {
  readonly place: RowPlace
  readonly values: RowValues
  /** The encoding that it was read in, where that is not the one of its file: for the count of such rows. */
  readonly otherEncoding?: string
}

/** Which columns of a source hold text, given by the recipe or found in its first rows. */
export interface TextColumns {
  /** Columns of running text, in order: what steps that change text work on. */
  readonly texts: readonly string[]
  /**
   * Those of them that together are the document (the dialogue, the review, both sides of a translation): what filters
   * and deduplication judge, joined by a line end (`documentText`).
   */
  readonly document: readonly string[]
  /** The column written from the document, such as a summary. */
  readonly summary?: string
}

/** What is written beside a dropped row: the kept twin, a similarity, a score and its threshold. Never personal data. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>

/** What becomes of a row. `undefined`: it goes on as it is. */
export type RowOutcome =
  | undefined
  /** It is left out; `drop` names the kind of reason for the counts, such as `too-short`. */
  | { readonly drop: string; readonly evidence?: Evidence }
  /** It goes on with other values; `changes` counts places by kind, such as `{ 'zero-width': 2 }`, and is not empty. */
  | { readonly values: RowValues; readonly changes: Readonly<Record<string, number>> }
  /** It goes on, and rows made out of it follow. */
  | {
      readonly made: readonly RowValues[]
      readonly recipe: Readonly<Record<string, unknown>>
      /** What is to be said of each made row besides, in their order, such as its other parents. */
      readonly recipes?: readonly Readonly<Record<string, unknown>>[]
    }
  /** It goes on and belongs to this output, such as `train` or `test`. */
  | { readonly output: string }

/** What every step is told when it is made. */
export interface StepContext {
  /** Decides everything random in the preparation. */
  readonly seed: number
}

/** Judges a row by itself: it may run in any thread and on rows in any order, and gives the same outcome there. */
export interface RowStep {
  apply(row: DataRow, columns: TextColumns): RowOutcome
}

interface StepDescription<Options> {
  /** Its name in a recipe and in reports, such as `clean`. */
  readonly name: string
  /** One sentence for the documentation. */
  readonly description: string
  /** A strict object whose fields have defaults and descriptions; options are plain JSON. */
  readonly options: z.ZodType<Options>
}

export interface RowStepDefinition<Options = unknown> extends StepDescription<Options> {
  readonly kind: 'row'
  /** Made once in each thread; may load or read what the options name, the same each time. */
  create(options: Options, context: StepContext): RowStep | Promise<RowStep>
}

/** A row by its place in the stream that reaches a corpus step, from 0. */
export interface IndexedRow extends DataRow {
  readonly index: number
  readonly columns: TextColumns
}

/** The rows that reach a corpus step; it may be gone through more than once and holds none of them in memory. */
export interface RowSource extends AsyncIterable<IndexedRow> {
  readonly count: number
}

export interface CorpusContext extends StepContext {
  /** An empty folder for what does not fit in memory; removed afterwards. */
  readonly folder: string
  /** Worker threads that may be used; the outcome must not depend on it. */
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** Opens a chat model that a step names, such as one of our own folders; undefined where the name is none that it knows. */
  readonly openChatModel?: ((name: string) => Promise<ChatModel | undefined>) | undefined
  /** Opens a model that a step names for embeddings of texts, `[texts, width]` one after another; undefined as above. */
  readonly openEmbedder?:
    | ((name: string) => Promise<((texts: readonly string[]) => Promise<Float32Array>) | undefined>)
    | undefined
  /** Says how far it is, for the progress line: rows of `count`, in the pass named. */
  progress(pass: string, rows: number): void
}

/** What a step decided after it had seen all rows. */
export interface CorpusPlan {
  /** Called once for each row, in order. */
  outcome(index: number, row: DataRow): RowOutcome
  /** Rows in the order they go on in, by index, where it is another than that they came in; a row may come twice. */
  readonly order?: Uint32Array
  /** Figures for the report, such as clusters and pairs. */
  readonly figures?: Readonly<Record<string, number | string>>
  /** Files it leaves in the output folder, by name: a model it trained, pairs it found. Lines or bytes. */
  readonly files?: Readonly<Record<string, AsyncIterable<Uint8Array> | Iterable<Uint8Array>>>
}

/** Judges rows by all of them: duplicates, mixtures, splits, percentiles. */
export interface CorpusStepDefinition<Options = unknown> extends StepDescription<Options> {
  readonly kind: 'corpus'
  plan(rows: RowSource, options: Options, context: CorpusContext): Promise<CorpusPlan>
}

export type StepDefinition<Options = unknown> = RowStepDefinition<Options> | CorpusStepDefinition<Options>

/** The document of a row: its columns joined by a line end; what is no text is left out. */
export function documentText(row: DataRow, columns: TextColumns): string {
  const { document } = columns
  if (document.length === 1) return textOf(row.values, document[0]!)
  return document
    .map((name) => textOf(row.values, name))
    .filter((text) => text !== '')
    .join('\n')
}

function textOf(values: RowValues, name: string): string {
  const value = values[name]
  return typeof value === 'string' ? value : ''
}
