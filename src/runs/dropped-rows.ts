import { writeFileAtomic } from '../formats/atomic-file.ts'

/** One row that was not used. `reason` names the kind for the counts, such as `empty-summary`. */
export interface DroppedRow {
  readonly file: string
  /** 1-based row and physical line, as `readRows` gives them. */
  readonly number: number
  readonly line: number
  readonly reason: string
  /** What exactly was wrong, for the person who mends the row. */
  readonly detail?: string
}

export interface DropReport {
  drop(row: DroppedRow): void
  readonly total: number
  /** Rows by reason, most frequent first. */
  readonly counts: Readonly<Record<string, number>>
  /** One line, such as `3 rows dropped: empty-summary 2, invalid-row 1`; `no rows dropped`. */
  summary(): string
  /** Writes every dropped row as JSONL, atomically; an empty file says that none was dropped. */
  write(path: string): Promise<void>
}

/** Collects the rows that a step drops: a dropped row has a reason, a place and a count. */
export function createDropReport(): DropReport {
  const rows: DroppedRow[] = []
  const tally = new Map<string, number>()
  const sorted = () => [...tally].sort(([, a], [, b]) => b - a)
  return {
    drop(row) {
      rows.push(row)
      tally.set(row.reason, (tally.get(row.reason) ?? 0) + 1)
    },
    get total() {
      return rows.length
    },
    get counts() {
      return Object.fromEntries(sorted())
    },
    summary() {
      if (rows.length === 0) return 'no rows dropped'
      const counts = sorted().map(([reason, count]) => `${reason} ${count.toLocaleString('en')}`)
      const noun = rows.length === 1 ? 'row' : 'rows'
      return `${rows.length.toLocaleString('en')} ${noun} dropped: ${counts.join(', ')}`
    },
    async write(path) {
      function* pieces(): Generator<Uint8Array> {
        for (let i = 0; i < rows.length; i += 1000) {
          const lines = rows.slice(i, i + 1000).map((row) => `${JSON.stringify(row)}\n`)
          yield Buffer.from(lines.join(''))
        }
      }
      await writeFileAtomic(path, pieces())
    },
  }
}
