import type { Random } from '../random.ts'

export interface DenoisingOptions {
  /** Stands for a hidden span, whatever its length. */
  readonly maskToken: number
  /** The share of tokens hidden. */
  readonly maskRatio: number
  /** The mean of the Poisson distribution of span lengths; a span of length 0 only adds a mask. */
  readonly meanSpanLength: number
  /** Tokens after which a turn or sentence ends; their order is shuffled. Empty leaves it. */
  readonly separators: ReadonlySet<number>
  /** Tokens at the end that stay in place, such as the end of text. */
  readonly kept: number
}

/**
 * Damages a text as BART's pretraining does (Lewis et al., 2020): turns in another order, and spans hidden behind one mask
 * each. What it was is learned back, which teaches reading and copying without a single summary.
 */
export function addNoise(tokens: Int32Array, options: DenoisingOptions, random: Random): Int32Array {
  const body = tokens.length - options.kept
  const shuffled = shuffleTurns([...tokens.subarray(0, body)], options.separators, random)
  const damaged = hideSpans(shuffled, options, random)
  return Int32Array.from([...damaged, ...tokens.subarray(body)])
}

function shuffleTurns(tokens: readonly number[], separators: ReadonlySet<number>, random: Random): number[] {
  if (separators.size === 0) return [...tokens]
  const turns: number[][] = [[]]
  for (const token of tokens) {
    turns.at(-1)!.push(token)
    if (separators.has(token)) turns.push([])
  }
  return random.shuffled(turns).flat()
}

function hideSpans(tokens: readonly number[], options: DenoisingOptions, random: Random): number[] {
  const budget = Math.round(tokens.length * options.maskRatio)
  /** The length of the span that begins at a place, or -1. */
  const spans = new Int32Array(tokens.length).fill(-1)
  const hidden = new Uint8Array(tokens.length)
  let covered = 0
  // Tries are bounded: what cannot be placed in a short text is left unhidden.
  for (let tries = 0; covered < budget && tries < 4 * tokens.length; tries++) {
    const length = Math.min(poisson(options.meanSpanLength, random), budget - covered)
    const start = random.below(tokens.length)
    if (start + length > tokens.length || spans[start] !== -1) continue
    if (hidden.subarray(start, start + Math.max(1, length)).some((taken) => taken === 1)) continue
    spans[start] = length
    hidden.fill(1, start, start + length)
    covered += length
  }
  const damaged: number[] = []
  tokens.forEach((token, index) => {
    if (spans[index] !== -1) damaged.push(options.maskToken)
    if (hidden[index] === 0) damaged.push(token)
  })
  return damaged
}

/** Knuth's method, which is quick for the small means that spans have. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.fraction(); product > limit; product *= random.fraction()) count++
  return count
}
