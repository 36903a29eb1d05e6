import type { ColumnProfile } from './profile-report.ts'
import { ValueCounts } from './value-counts.ts'

/** How many of the most frequent values a report has. */
const valuesReported = 60
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** What is counted of one column. */
export class ColumnCounts {
  readonly name: string
  readonly values = new ValueCounts()
  private filled = 0
  private empty = 0
  private nulls = 0
  private readonly types: Record<string, number> = {}
  private numeric = 0
  private min = Infinity
  private max = Number.NEGATIVE_INFINITY
  private sum = 0

  constructor(name: string) {
    this.name = name
  }

  add(value: unknown): void {
    if (value === null || value === undefined) {
      this.nulls++
      return
    }
    if (value === '') {
      this.empty++
      return
    }
    this.filled++
    const type = Array.isArray(value) ? 'list' : typeof value
    this.types[type] = (this.types[type] ?? 0) + 1
    const text =
      typeof value === 'string'
        ? value
        : type === 'object' || type === 'list'
          ? JSON.stringify(value)
          : String(value)
    this.values.add(text)
    if (type === 'number' || (type === 'string' && text.length < 30 && number.test(text))) {
      const amount = Number(text)
      this.numeric++
      this.min = Math.min(this.min, amount)
      this.max = Math.max(this.max, amount)
      this.sum += amount
    }
  }

  /** `rows` counts all rows of all files: those that have no such column miss it. */
  report(rows: number, role: ColumnProfile['role']): ColumnProfile {
    const { name, filled, empty, values, numeric } = this
    const isNumbers = numeric > 0 && numeric === filled
    const repeats = values.distinct < filled * 0.9
    return {
      name,
      role,
      filled,
      missing: rows - filled - empty,
      empty,
      types: isNumbers ? { number: filled } : this.types,
      distinct: values.distinct,
      isExact: values.isExact,
      values: repeats && role !== 'document' && role !== 'summary' ? values.top(valuesReported) : [],
      ...(isNumbers && { numbers: { min: this.min, max: this.max, mean: this.sum / numeric } }),
    }
  }
}
