/*
 * A signature of b · r minima is cut into b bands of r. Two texts of Jaccard s agree in all of a band with probability sʳ, and
 * so meet in some band with P(s) = 1 − (1 − sʳ)ᵇ (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4).
 */

export interface Bands {
  /** Bands of a signature. */
  readonly bands: number
  /** Minima in a band. */
  readonly rows: number
}

/** The probability that two texts of this Jaccard index meet in a band. */
export function meetingProbability(similarity: number, { bands, rows }: Bands): number {
  return 1 - (1 - similarity ** rows) ** bands
}

export interface BandOptions {
  /** The Jaccard index from which on pairs are to be found. */
  readonly threshold: number
  /** Minima at most. */
  readonly permutations: number
  /** The share of the pairs just at the threshold that must be found; above it, more are. */
  readonly recall: number
}

/** How much a missed pair weighs against one looked at in vain, which only costs time. */
const missWeight = 0.9
const steps = 200

/**
 * Of all ways to cut at most `permutations` minima, the one whose pairs missed, ∫ 1 − P(s) above the threshold, and pairs looked
 * at in vain, ∫ P(s) below it, weigh least, among those that find `recall` of the pairs at the threshold itself. Where none does,
 * the one that finds most.
 */
export function chooseBands({ threshold, permutations, recall }: BandOptions): Bands {
  let best: Bands = { bands: permutations, rows: 1 }
  let least = Infinity
  for (let rows = 1; rows <= permutations; rows++) {
    const most = Math.floor(permutations / rows)
    if (meetingProbability(threshold, { bands: most, rows }) < recall) break
    for (let bands = 1; bands <= most; bands++) {
      const cut = { bands, rows }
      if (meetingProbability(threshold, cut) < recall) continue
      const weight =
        missWeight * integral((s) => 1 - meetingProbability(s, cut), threshold, 1) +
        (1 - missWeight) * integral((s) => meetingProbability(s, cut), 0, threshold)
      if (weight < least) [best, least] = [cut, weight]
    }
  }
  return best
}

/** The integral of a function, by midpoints. */
function integral(of: (at: number) => number, from: number, to: number): number {
  let sum = 0
  for (let step = 0; step < steps; step++) sum += of(from + ((to - from) * (step + 0.5)) / steps)
  return (sum / steps) * (to - from)
}
