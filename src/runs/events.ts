import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { readRows } from '../formats/rows.ts'
import { systemCode } from '../formats/write-error.ts'

/** One line of a run's `events.jsonl`. `time` is ISO 8601 in UTC. */
export interface RunEvent {
  readonly type: string
  readonly time: string
  readonly [field: string]: unknown
}

/**
 * The events of a run so far, without its lock, so also while another process writes it. A last line that
 * is cut off is passed over (it is still being written, or a kill cut it). Throws `damaged-events` for an
 * unreadable line before the last.
 */
export async function* readEvents(folder: string): AsyncGenerator<RunEvent> {
  const path = join(folder, 'events.jsonl')
  if (await isEmpty(path)) return
  let damaged: { line: number; error: string } | undefined
  for await (const row of readRows(path)) {
    if (damaged) {
      throw new YuksuError(
        'damaged-events',
        `line ${damaged.line} of ${path} is damaged (${damaged.error}); remove that line`,
      )
    }
    if ('error' in row) damaged = row
    else yield row.values as RunEvent
  }
}

async function isEmpty(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size === 0
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true
    throw error
  }
}
