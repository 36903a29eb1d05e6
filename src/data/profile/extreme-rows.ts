import type { DataRow } from '../step.ts'
import type { NamedExcerpt } from './profile-report.ts'

const excerptLength = 140

/** The beginning of a text in one line. */
export function excerptOf(text: string): string {
  const line = text
    .slice(0, 4 * excerptLength)
    .replace(/\s+/g, ' ')
    .trim()
  if (line.length <= excerptLength) return line
  // Not in the middle of a pair.
  const end =
    line.charCodeAt(excerptLength - 1) >= 0xd800 && line.charCodeAt(excerptLength - 1) < 0xdc00 ? 1 : 0
  return `${line.slice(0, excerptLength - end)}…`
}

/** The rows of the highest or lowest value, the first of those that are alike. */
export class ExtremeRows {
  private readonly count: number
  private readonly sign: number
  private readonly held: NamedExcerpt[] = []

  constructor(count: number, which: 'highest' | 'lowest') {
    this.count = count
    this.sign = which === 'highest' ? 1 : -1
  }

  add(value: number, row: DataRow, text: string): void {
    const last = this.held.at(-1)
    if (this.held.length === this.count && this.sign * value <= this.sign * last!.value) return
    const { file, number, line } = row.place
    const entry = { file, row: number, line, value, excerpt: excerptOf(text) }
    let at = this.held.length
    while (at > 0 && this.sign * this.held[at - 1]!.value < this.sign * value) at--
    this.held.splice(at, 0, entry)
    if (this.held.length > this.count) this.held.pop()
  }

  rows(): readonly NamedExcerpt[] {
    return this.held
  }
}
