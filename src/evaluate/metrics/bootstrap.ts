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

/**
 * Fills `places` with numbers of rows drawn with replacement, and returns the state to go on from. The generator is
 * mulberry32, the same on every machine; `randomBits` of the data folder would take longer than all of ROUGE.
 */
function drawRows(places: Int32Array, start: number): number {
  const scale = places.length / 2 ** 32
  let state = start
  for (let index = 0; index < places.length; index++) {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    places[index] = ((mixed ^ (mixed >>> 14)) >>> 0) * scale
  }
  return state
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

/** Four sums at a time, since one alone waits for itself. */
function sumOf(values: Float64Array, places: Int32Array): number {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  const whole = places.length & ~3
  for (let index = 0; index < whole; index += 4) {
    first += values[places[index]!]!
    second += values[places[index + 1]!]!
    third += values[places[index + 2]!]!
    fourth += values[places[index + 3]!]!
  }
  for (let index = whole; index < places.length; index++) first += values[places[index]!]!
  return first + second + (third + fourth)
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
  const drawn = values.map(() => new Float64Array(resamples))
  const places = new Int32Array(rows)
  let state = seed | 0
  for (let resample = 0; resample < resamples; resample++) {
    state = drawRows(places, state)
    for (let column = 0; column < columns; column++) {
      drawn[column]![resample] = sumOf(values[column]!, places) / rows
    }
  }

  return drawn.map((means, column) => {
    const mean = values[column]!.reduce((sum, value) => sum + value, 0) / rows
    means.sort()
    const low = percentile(means, (1 - confidence) / 2)
    const high = percentile(means, (1 + confidence) / 2)
    return { mean, interval: [Math.min(low, mean), Math.max(high, mean)] }
  })
}
