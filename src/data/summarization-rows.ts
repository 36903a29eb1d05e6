import { YuksuError } from '../errors.ts'
import { createDropReport, type DropReport } from '../runs/dropped-rows.ts'
import { readDistinctRows } from './distinct-rows.ts'
import { emptyNormalizationCounts, normalizeText, type NormalizationCounts } from './normalize-text.ts'

export interface SummarizationRow {
  /** The value of the id column, or `file:row` where there is none. */
  id: string
  /** The dialogue. */
  source: string
  /** One summary or more. */
  references: string[]
  /** What the model is trained to write: the first reference. */
  target: string
}

export interface SummarizationColumns {
  dialogue: string
  /** One column, whose value may be a list of texts, or several columns with a summary each. */
  summary: string | readonly string[]
  id?: string | undefined
}

/** Longest texts that are kept, in UTF-16 units. */
export interface SummarizationLimits {
  /** 100,000 by default, which only a file read with the wrong columns exceeds. */
  dialogueCharacters?: number
  /** 10,000 by default. */
  summaryCharacters?: number
}

export interface PreparedSummarization {
  rows: SummarizationRow[]
  drops: DropReport
  normalization: NormalizationCounts
}

export interface PrepareSummarizationOptions {
  files: readonly string[]
  columns: SummarizationColumns
  limits?: SummarizationLimits | undefined
  /** Where dropped rows are reported; a new report by default. */
  drops?: DropReport | undefined
}

/**
 * Reads dialogues with their summaries from .jsonl, .json, .csv and .tsv files, each also with .gz, in order. Texts are
 * normalised (`normalizeText`) and what that changed is counted. A row is dropped, with its reason, when it is
 * `malformed`, `invalid-utf8`, `missing-dialogue`, `missing-summary`, `too-long`, or a `duplicate` of an earlier one
 * (same dialogue and references). Column names are compared in normal form C. Throws `YuksuError`: `no-files`,
 * `missing-column` with the columns there are, `no-rows` when nothing is left, and what `readRows` throws.
 */
export async function prepareSummarization(
  options: PrepareSummarizationOptions,
): Promise<PreparedSummarization> {
  const { files, limits, drops = createDropReport() } = options
  const columns = normalizeColumns(options.columns)
  if (files.length === 0) {
    throw new YuksuError('no-files', 'no data files were given; name at least one .jsonl, .csv or .tsv file')
  }
  const normalization = emptyNormalizationCounts()
  const rows = await readDistinctRows<Omit<SummarizationRow, 'id'>>({
    files,
    columns: [columns.dialogue, ...columns.summaries],
    id: columns.id,
    drops,
    read(values) {
      const read = readTexts(values, columns, limits, normalization)
      return 'reason' in read ? read : { ...read, target: read.references[0]! }
    },
    key: ({ source, references }) => JSON.stringify([source, references]),
  })
  return { rows, drops, normalization }
}

interface Columns {
  dialogue: string
  summaries: readonly string[]
  id: string | undefined
}

function normalizeColumns({ dialogue, summary, id }: SummarizationColumns): Columns {
  const summaries = (typeof summary === 'string' ? [summary] : summary).map((name) => name.normalize('NFC'))
  if (summaries.length === 0) {
    throw new YuksuError('missing-column', 'the list of summary columns is empty; name at least one column')
  }
  return { dialogue: dialogue.normalize('NFC'), summaries, id: id?.normalize('NFC') }
}

interface Dropped {
  reason: string
  detail?: string
}

function readTexts(
  values: Readonly<Record<string, unknown>>,
  columns: Columns,
  limits: SummarizationLimits = {},
  counts: NormalizationCounts,
): { source: string; references: string[] } | Dropped {
  const { dialogueCharacters = 100_000, summaryCharacters = 10_000 } = limits
  const dialogue = texts(values[columns.dialogue], columns.dialogue)
  if ('reason' in dialogue) return dialogue
  if (dialogue.length > 1) {
    return { reason: 'malformed', detail: `${columns.dialogue} is a list, expected a text` }
  }
  const references: string[] = []
  for (const column of columns.summaries) {
    const found = texts(values[column], column)
    if ('reason' in found) return found
    references.push(...found.map((text) => normalizeText(text, counts)).filter((text) => !isBlank(text)))
  }
  const source = normalizeText(dialogue[0] ?? '', counts)
  if (isBlank(source)) return { reason: 'missing-dialogue', detail: `${columns.dialogue} is empty` }
  if (references.length === 0) {
    return { reason: 'missing-summary', detail: `${columns.summaries.join(', ')} is empty` }
  }
  if (source.length > dialogueCharacters) {
    return {
      reason: 'too-long',
      detail: `the dialogue has ${source.length} characters, the limit is ${dialogueCharacters}`,
    }
  }
  const longest = Math.max(...references.map((text) => text.length))
  if (longest > summaryCharacters) {
    return {
      reason: 'too-long',
      detail: `a summary has ${longest} characters, the limit is ${summaryCharacters}`,
    }
  }
  return { source, references }
}

/** The texts of a cell: one, those of a list, or none. */
function texts(value: unknown, column: string): string[] | Dropped {
  if (value === undefined || value === null) return []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const wrong = list.find((item) => typeof item !== 'string')
  if (wrong === undefined) return list.filter((item) => typeof item === 'string')
  const kind = wrong === null ? 'null' : typeof wrong
  return { reason: 'malformed', detail: `${column} holds a value of type ${kind}, expected text` }
}

/** Empty to a reader: zero-width characters do not count. */
function isBlank(text: string): boolean {
  return /^[\s\u200b-\u200d\u2060]*$/.test(text)
}
