import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { YuksuError } from '../errors.ts'
import { readRows } from '../formats/rows.ts'

/**
 * The rows that an earlier `generateFile` wrote. A last line that was cut off is left out.
 *
 * @throws YuksuError `other-output` where the file holds anything else than rows with a `prediction`.
 */
export async function* readGenerated(path: string): AsyncGenerator<Record<string, unknown>> {
  if (statSync(path).size === 0) return
  let faultyLine: number | undefined
  for await (const row of readRows(path)) {
    if (faultyLine !== undefined) throw foreign(path, faultyLine)
    if ('error' in row) faultyLine = row.line
    else if (typeof row.values['prediction'] !== 'string') throw foreign(path, row.line)
    else yield row.values
  }
  if (faultyLine !== undefined && endsWithLineFeed(path)) throw foreign(path, faultyLine)
}

function foreign(path: string, line: number): YuksuError {
  return new YuksuError(
    'other-output',
    `line ${line} of ${path} is no generated row; remove the file or give another --output`,
  )
}

function endsWithLineFeed(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const last = Buffer.alloc(1)
    readSync(file, last, 0, 1, fstatSync(file).size - 1)
    return last[0] === 0x0a
  } finally {
    closeSync(file)
  }
}

/** The settings kept beside an output, or undefined where there are none. */
export function readGenerationSettings(path: string): Record<string, unknown> | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw new YuksuError('other-output', `${path} is damaged; remove it and the output beside it`, { cause })
  }
}
