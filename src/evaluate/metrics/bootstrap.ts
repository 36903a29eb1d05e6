/**
 * Confidence intervals of column means by the percentile bootstrap: rows are drawn with replacement, as many as
 * there are, the means are taken, and the interval spans the middle share of them. One draw serves all columns.
 *
 * Efron, B. and Tibshirani, R. "An introduction to the bootstrap." 1993, chapter 13.
 */

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

/** mulberry32: whole numbers below 2³², the same for the same seed on every machine. */
function randomIntegers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  return low + (place - below) * ((sorted[below + 1] ?? low) - low)
}

/** The rows of a `[rows, columns]` table in lexicographic order, so that results do not depend on theirs. */
function sortedRows(table: Float64Array, columns: number): Float64Array {
  const rows = Array.from({ length: table.length / columns }, (_, row) =>
    table.subarray(row * columns, (row + 1) * columns),
  )
  rows.sort((left, right) => {
    let column = 0
    while (column < columns - 1 && left[column] === right[column]) column++
    return left[column]! - right[column]!
  })
  const sorted = new Float64Array(table.length)
  rows.forEach((row, index) => sorted.set(row, index * columns))
  return sorted
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
  const sorted = sortedRows(table, columns)
  const sums = new Float64Array(columns)
  for (let index = 0; index < sorted.length; index++) sums[index % columns]! += sorted[index]!

  const drawn = Array.from({ length: columns }, () => new Float64Array(resamples))
  const random = randomIntegers(seed)
  const drawnSums = new Float64Array(columns)
  for (let resample = 0; resample < resamples; resample++) {
    drawnSums.fill(0)
    for (let draw = 0; draw < rows; draw++) {
      const start = Math.floor((random() / 2 ** 32) * rows) * columns
      for (let column = 0; column < columns; column++) drawnSums[column]! += sorted[start + column]!
    }
    for (let column = 0; column < columns; column++) drawn[column]![resample] = drawnSums[column]! / rows
  }

  return drawn.map((means, column) => {
    const mean = sums[column]! / rows
    means.sort()
    const low = percentile(means, (1 - confidence) / 2)
    const high = percentile(means, (1 + confidence) / 2)
    return { mean, interval: [Math.min(low, mean), Math.max(high, mean)] }
  })
}
