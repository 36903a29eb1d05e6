import { YuksuError } from '../errors.ts'
import { parseJsonRow } from '../formats/json-row.ts'
import { readLines } from '../formats/rows.ts'
import type { ScoredPair } from './metrics/rouge.ts'

/** Each also with `.gz`. Any other name is read by its first row. */
const jsonLines = /\.(?:jsonl|ndjson)(?:\.gz)?$/i
/** Read as text they would give wrong rows without a word: quotes, line feeds in fields, a header. */
const otherFormat = /\.(?:csv|tsv|json|parquet|xlsx)(?:\.gz)?$/i

interface NumberedLine {
  readonly number: number
  readonly text: string
}

async function allLines(path: string): Promise<NumberedLine[]> {
  if (otherFormat.test(path)) {
    throw new YuksuError(
      'unknown-format',
      `${path} is neither plain text nor JSONL by its name; give plain text with a row a line, or .jsonl`,
    )
  }
  const lines: NumberedLine[] = []
  for await (const line of readLines(path)) {
    if ('error' in line) throw new YuksuError('invalid-row', `${path}, line ${line.line}: ${line.error}`)
    lines.push({ number: line.line, text: line.text })
  }
  return lines
}

function isJsonLines(path: string, lines: readonly NumberedLine[], columns: readonly string[]): boolean {
  if (jsonLines.test(path)) return true
  const first = lines.find((line) => line.text.trim() !== '')?.text.trim() ?? ''
  if (!first.startsWith('{')) return false
  const row = parseJsonRow(first)
  return 'values' in row && columns.some((column) => column in row.values)
}

function asReferences(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.every((item) => typeof item === 'string') ? value : undefined
}

interface Column {
  readonly names: readonly string[]
  /** What a value must be, in words. */
  readonly expected: string
  parse(value: unknown): string[] | undefined
}

const referenceColumn: Column = {
  names: ['references', 'reference'],
  expected: "'references', a list of texts with at least one, or 'reference', a text",
  parse: asReferences,
}

const predictionColumn: Column = {
  names: ['prediction'],
  expected: "'prediction', a text",
  parse: (value) => (typeof value === 'string' ? [value] : undefined),
}

async function readColumn(path: string, column: Column): Promise<string[][]> {
  const lines = await allLines(path)
  if (!isJsonLines(path, lines, column.names)) return lines.map((line) => [line.text])
  return lines.flatMap(({ number, text }) => {
    if (text.trim() === '') return []
    const row = parseJsonRow(text)
    if ('error' in row) throw new YuksuError('invalid-row', `${path}, line ${number}: ${row.error}`)
    const name = column.names.find((candidate) => candidate in row.values)
    if (name === undefined) {
      const found = Object.keys(row.values).join(', ') || 'none'
      throw new YuksuError(
        'missing-column',
        `${path}, line ${number}: no ${column.names.join(' or ')}; found the columns ${found}; expected ${column.expected}`,
      )
    }
    const texts = column.parse(row.values[name])
    if (texts === undefined) {
      const given = (JSON.stringify(row.values[name]) ?? '').slice(0, 60)
      throw new YuksuError(
        'wrong-type',
        `${path}, line ${number}: ${name} is ${given}; expected ${column.expected}`,
      )
    }
    return [texts]
  })
}

/**
 * The pairs of two files whose rows belong together in order. A file is plain text with a row a line (an empty
 * line is an empty text), or JSONL (by its name, or because its first row is an object with the column) with
 * `references` or `reference`, and `prediction`; both arguments may name the same JSONL file. Also with `.gz`.
 *
 * Throws `YuksuError`: `row-count` where the files differ in rows, `missing-column`, `wrong-type`, `invalid-row`
 * (not UTF-8, not JSON), `unknown-format` for names such as .csv, and whatever reading a file throws.
 */
export async function readPairs(referencesPath: string, predictionsPath: string): Promise<ScoredPair[]> {
  const references = await readColumn(referencesPath, referenceColumn)
  const predictions = await readColumn(predictionsPath, predictionColumn)
  if (references.length !== predictions.length) {
    throw new YuksuError(
      'row-count',
      `${referencesPath} holds ${references.length} rows, ${predictionsPath} ${predictions.length}; give one prediction for each row of references, in the same order`,
    )
  }
  return references.map((texts, index) => ({ references: texts, prediction: predictions[index]![0]! }))
}
