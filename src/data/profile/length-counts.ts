import type { HistogramBin } from '../report/index.ts'

/** Up to here each value has a count of its own; beyond, values within 1/512 of each other share one. */
const exactBelow = 1 << 16
const partsOfOctave = 512
const octaves = 37

/** Quantiles that a report has, by name. */
export const reportedQuantiles = {
  p1: 0.01,
  p5: 0.05,
  p25: 0.25,
  median: 0.5,
  p75: 0.75,
  p95: 0.95,
  p99: 0.99,
} as const

export interface LengthSummary {
  readonly count: number
  readonly sum: number
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly quantiles: Readonly<Record<keyof typeof reportedQuantiles, number>>
}

/**
 * Counts of whole numbers in half a megabyte however many there are: quantiles are exact below 65,536 and 0.2 % off at
 * most above.
 */
export class LengthCounts {
  count = 0
  sum = 0
  min = Infinity
  max = Number.NEGATIVE_INFINITY
  private readonly counts = new Float64Array(exactBelow + octaves * partsOfOctave)

  add(value: number): void {
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    this.counts[placeOf(value)]!++
  }

  /** The least value that at least this share of all values does not exceed; `NaN` of none. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(share * this.count - 1e-9))
    let seen = 0
    for (let place = 0; place < this.counts.length; place++) {
      seen += this.counts[place]!
      if (seen >= rank) return Math.min(Math.max(valueOf(place), this.min), this.max)
    }
    return this.max
  }

  /** How many values are at least `from` and less than `to`. */
  between(from: number, to: number): number {
    if (!(to > from)) return 0
    const [first, last] = [placeOf(Math.max(0, Math.ceil(from))), placeOf(Math.max(0, Math.ceil(to)))]
    let sum = 0
    for (let place = first; place < last; place++) sum += this.counts[place]!
    // The last place holds all that is beyond any bound.
    return to > this.max ? sum + this.counts.subarray(last).reduce((all, count) => all + count, 0) : sum
  }

  summary(): LengthSummary | undefined {
    if (this.count === 0) return undefined
    const entries = Object.entries(reportedQuantiles).map(([name, share]) => [name, this.quantile(share)])
    return {
      count: this.count,
      sum: this.sum,
      mean: this.sum / this.count,
      min: this.min,
      max: this.max,
      quantiles: Object.fromEntries(entries) as LengthSummary['quantiles'],
    }
  }

  /**
   * About 40 columns of whole numbers: of equal width up to the longest of 99.5 % of the values, with the others in the
   * last, or, where the values spread over more than two orders of magnitude, of equal ratio.
   */
  histogram(): { readonly axis: 'linear' | 'logarithmic'; readonly bins: readonly HistogramBin[] } {
    if (this.count === 0) return { axis: 'linear', bins: [] }
    const [low, high] = [this.quantile(0.005), this.quantile(0.995)]
    const isWide = high > 100 * Math.max(1, this.quantile(0.25))
    const edges = isWide ? ratioEdges(Math.max(1, low), high) : equalEdges(this.min, high, this.max)
    const bins = edges.slice(1).map((to, index) => ({ from: edges[index]!, to }))
    const ends = bins.map(({ from, to }, index): HistogramBin => {
      const isFirst = index === 0
      const isLast = index === bins.length - 1
      return { from, to, count: this.between(isFirst ? 0 : from, isLast ? Infinity : to) }
    })
    return { axis: isWide ? 'logarithmic' : 'linear', bins: ends }
  }
}

function placeOf(value: number): number {
  if (value < exactBelow) return value
  if (value === Infinity) return exactBelow + octaves * partsOfOctave
  const octave = Math.floor(Math.log2(value / exactBelow))
  const part = Math.floor((value / exactBelow / 2 ** octave - 1) * partsOfOctave)
  return exactBelow + Math.min(octaves * partsOfOctave - 1, octave * partsOfOctave + part)
}

function valueOf(place: number): number {
  if (place < exactBelow) return place
  const octave = Math.floor((place - exactBelow) / partsOfOctave)
  const part = (place - exactBelow) % partsOfOctave
  return Math.round(exactBelow * 2 ** octave * (1 + part / partsOfOctave))
}

const columns = 40

function equalEdges(min: number, high: number, max: number): number[] {
  const first = min > high / 2 ? min : 0
  const width = Math.max(1, Math.ceil((high - first + 1) / columns))
  const count = Math.ceil((Math.min(high, max) - first + 1) / width)
  return Array.from({ length: count + 1 }, (_, index) => first + index * width)
}

function ratioEdges(low: number, high: number): number[] {
  const ratio = (high / low) ** (1 / columns)
  const edges = Array.from({ length: columns + 1 }, (_, index) => Math.round(low * ratio ** index))
  edges[columns] = high + 1
  return [...new Set(edges)]
}
