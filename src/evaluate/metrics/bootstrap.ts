/**
 * Confidence intervals of column means by the percentile bootstrap: rows are drawn with replacement, as many as
 * there are, the means are taken, and the interval spans the middle share of them. One draw serves all columns.
 *
 * Efron, B. and Tibshirani, R. "An introduction to the bootstrap." 1993, chapter 13.
 */
import { HostMemory, type HostArray } from '../../engine/memory.ts'

export interface BootstrapOptions {
  /** Share of the drawn means inside the interval, between 0 and 1. */
  readonly confidence: number
  readonly resamples: number
  readonly seed: number
}

export interface BootstrapInterval {
  readonly mean: number
  /** Always holds the mean. */
  readonly interval: [low: number, high: number]
}

function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  return low + (place - below) * ((sorted[below + 1] ?? low) - low)
}

/** The columns of a `[rows, columns]` table with its rows sorted, so that results do not depend on their order. */
function sortedColumns(table: Float64Array, columns: number): Float64Array[] {
  const starts = Int32Array.from({ length: table.length / columns }, (_, row) => row * columns)
  starts.sort((left, right) => {
    let column = 0
    while (column < columns - 1 && table[left + column] === table[right + column]) column++
    return table[left + column]! - table[right + column]!
  })
  return Array.from({ length: columns }, (_, column) =>
    Float64Array.from(starts, (start) => table[start + column]!),
  )
}

/** Sums of drawn rows for each column, `[columns][resamples]`; each column gets `rows` draws. */
function resample(
  values: readonly Float64Array[],
  rows: number,
  { resamples, seed }: BootstrapOptions,
): Float64Array[] {
  const columns = Math.ceil(values.length / 4) * 4
  const memory = new HostMemory()
  // Lengths count floats of four bytes, and each value takes eight.
  const [table, sums, places] = memory.allocate([2 * rows * columns, 2 * resamples * columns, rows + 3])
  const doubles = ({ data, pointer }: HostArray) => new Float64Array(data.buffer, pointer, data.length / 2)
  const entries = doubles(table!)
  values.forEach((column, index) => {
    for (let row = 0; row < rows; row++) entries[row * columns + index] = column[row]!
  })
  table!.kernels.resampleSums(
    table!.pointer,
    rows,
    columns,
    places!.pointer,
    sums!.pointer,
    resamples,
    seed | 0,
  )
  const results = doubles(sums!)
  return values.map((_, index) =>
    Float64Array.from({ length: resamples }, (_, draw) => results[draw * columns + index]!),
  )
}

/**
 * The mean of each column of a row-major table `[rows, columns]` with at least one row, and its interval.
 * The order of the rows changes nothing, not even a last digit.
 */
export function bootstrapMeans(
  table: Float64Array,
  columns: number,
  { confidence, resamples, seed }: BootstrapOptions,
): BootstrapInterval[] {
  const rows = table.length / columns
  const values = sortedColumns(table, columns)
  const drawn = resample(values, rows, { confidence, resamples, seed })

  return drawn.map((sums, column) => {
    const means = sums.map((sum) => sum / rows)
    const mean = values[column]!.reduce((sum, value) => sum + value, 0) / rows
    means.sort()
    const low = percentile(means, (1 - confidence) / 2)
    const high = percentile(means, (1 + confidence) / 2)
    return { mean, interval: [Math.min(low, mean), Math.max(high, mean)] }
  })
}
