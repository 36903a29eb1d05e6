import { basename } from 'node:path'
import { YuksuError } from '../errors.ts'
import { readRows } from '../formats/rows.ts'
import { createDropReport, type DropReport } from '../runs/dropped-rows.ts'
import { nearest } from '../settings/nearest-name.ts'
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
  const droppedBefore = drops.total
  const seen = new Set<string>()
  const rows: SummarizationRow[] = []
  for (const file of files) {
    const names = new Set<string>()
    for await (const row of readRows(file)) {
      const place = { file, number: row.number, line: row.line }
      if ('error' in row) {
        const reason = row.error.includes('UTF-8') ? 'invalid-utf8' : 'malformed'
        drops.drop({ ...place, reason, detail: row.error })
        continue
      }
      for (const name of Object.keys(row.values)) names.add(name)
      const read = readTexts(row.values, columns, limits, normalization)
      if ('reason' in read) {
        drops.drop({ ...place, ...read })
        continue
      }
      const key = JSON.stringify([read.source, read.references])
      if (seen.has(key)) {
        drops.drop({ ...place, reason: 'duplicate' })
        continue
      }
      seen.add(key)
      const id = columns.id === undefined ? undefined : row.values[columns.id]
      const named = (typeof id === 'string' && id !== '') || typeof id === 'number'
      rows.push({
        id: named ? String(id) : `${basename(file)}:${row.number}`,
        ...read,
        target: read.references[0]!,
      })
    }
    requireColumns(file, columns, names)
  }
  if (rows.length === 0) {
    const counts = Object.entries(drops.counts).map(([reason, count]) => `${reason} ${count}`)
    throw new YuksuError(
      'no-rows',
      `no row of ${files.join(', ')} can be used: all ${drops.total - droppedBefore} were dropped ` +
        `(${counts.join(', ')}); check the column names and the file`,
    )
  }
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

/** A column that no row of the file has is a wrong name, not a reason to drop every row. */
function requireColumns(file: string, columns: Columns, names: ReadonlySet<string>): void {
  if (names.size === 0) return
  for (const name of [columns.dialogue, ...columns.summaries, columns.id]) {
    if (name === undefined || names.has(name)) continue
    const near = nearest(name, names)
    throw new YuksuError(
      'missing-column',
      `${file} has no column "${name}"; its columns are ${[...names].join(', ')}` +
        (near === undefined ? '; name one of them' : `; did you mean "${near}"?`),
    )
  }
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
