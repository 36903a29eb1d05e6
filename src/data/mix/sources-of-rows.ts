import { YuksuError } from '../../errors.ts'
import { nearest } from '../../settings/nearest-name.ts'
import { segmentPattern } from '../sources/path-pattern.ts'
import type { DataRow } from '../step.ts'

/** What a row counts to: its file, or the value of a column. */
export function nameOfSource(row: DataRow, column: string | undefined): string {
  if (column === undefined) return row.place.file
  const value = row.values[column]
  return value === undefined || value === null ? '' : String(value)
}

/** Whether a name of a source is meant by a pattern: of a file, by as many last parts of its path as the pattern has. */
export function matcherOf(pattern: string, isFile: boolean): (name: string) => boolean {
  if (!isFile) return segmentPattern(pattern)
  const parts = pattern.split('/').map(segmentPattern)
  return (name) => {
    const path = name.replaceAll('\\', '/').split('/').slice(-parts.length)
    return path.length === parts.length && parts.every((fits, index) => fits(path[index]!))
  }
}

/**
 * For each source the first pattern that means it, undefined where none does.
 *
 * @throws YuksuError `unknown-source` for a pattern that no source fits.
 */
export function patternsOf(
  names: readonly string[],
  patterns: readonly string[],
  isFile: boolean,
): (string | undefined)[] {
  const matchers = patterns.map((pattern) => ({ pattern, fits: matcherOf(pattern, isFile) }))
  for (const { pattern, fits } of matchers) {
    if (names.some(fits)) continue
    const near = nearest(pattern, names)
    const mend = near === undefined ? `there are ${names.slice(0, 8).join(', ')}` : `did you mean ${near}?`
    throw new YuksuError('unknown-source', `no source of rows fits ${JSON.stringify(pattern)}; ${mend}`)
  }
  return names.map((name) => matchers.find(({ fits }) => fits(name))?.pattern)
}
