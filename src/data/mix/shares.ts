/*
 * Shares of a mixture. By temperature T, source i of share p_i of all text is drawn with q_i = p_i^(1/T) / Σ_j p_j^(1/T): 1 keeps
 * the shares, a higher one evens them out (Conneau et al. 2020, "Unsupervised Cross-lingual Representation Learning at Scale").
 */

/** Shares that sum to 1, in proportion to weights. */
export function normalizedShares(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/** Shares of sources of these sizes at a temperature. */
export function temperatureShares(sizes: readonly number[], temperature: number): number[] {
  return normalizedShares(normalizedShares(sizes).map((share) => share ** (1 / temperature)))
}

/** How much a mixture holds in all, and why not more. */
export interface MixtureSize {
  readonly total: number
  /** The source, by number, that would have to be repeated more often than it may; undefined where none limits. */
  readonly limitedBy: number | undefined
}

/**
 * The size of a mixture in which all shares hold: what was asked for, or all there is, but no more than can be had with
 * no source repeated more than `maximumRepetition` times.
 */
export function mixtureSize(
  sizes: readonly number[],
  shares: readonly number[],
  maximumRepetition: number,
  asked?: number,
): MixtureSize {
  let total = asked ?? sizes.reduce((sum, size) => sum + size, 0)
  let limitedBy: number | undefined
  for (const [source, size] of sizes.entries()) {
    if (shares[source] === 0) continue
    const most = (maximumRepetition * size) / shares[source]!
    // Rounding in the shares is no limit.
    if (most >= total * (1 - 1e-9)) continue
    total = most
    limitedBy = source
  }
  return { total, limitedBy }
}
