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
  const { damaged } = hideSpans(shuffled, placeSpans(shuffled.length, options, random), options.maskToken)
  return Int32Array.from([...damaged, ...tokens.subarray(body)])
}

/**
 * A text with spans hidden behind one mask each, and those spans alone, each after a mask of its own: the objective of T5
 * (Raffel et al., 2020). Nothing that is still to be read is written again, so a pass costs about half of what restoring
 * the whole text does, and no part of the loss is mere copying. Turns keep their order.
 */
export function hideForInfilling(
  tokens: Int32Array,
  options: DenoisingOptions,
  random: Random,
): { source: Int32Array; target: Int32Array } {
  const body = tokens.length - options.kept
  const text = [...tokens.subarray(0, body)]
  const spans = placeSpans(body, options, random, 1)
  const { damaged, hidden } = hideSpans(text, spans, options.maskToken)
  const end = tokens.subarray(body)
  return { source: Int32Array.from([...damaged, ...end]), target: Int32Array.from([...hidden, ...end]) }
}

/** About how many tokens the target of `hideForInfilling` has, for a text of `length` tokens. */
export function infillingLength(length: number, { maskRatio, meanSpanLength }: DenoisingOptions): number {
  return Math.min(length, Math.ceil(length * maskRatio * (1 + 1 / Math.max(1, meanSpanLength))) + 1)
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

/** For each place the length of the span that is hidden from there on, or -1. */
function placeSpans(
  length: number,
  { maskRatio, meanSpanLength }: DenoisingOptions,
  random: Random,
  shortest = 0,
): Int32Array {
  const budget = Math.round(length * maskRatio)
  const spans = new Int32Array(length).fill(-1)
  const hidden = new Uint8Array(length)
  let covered = 0
  // Tries are bounded: what cannot be placed in a short text is left unhidden.
  for (let tries = 0; covered < budget && tries < 4 * length; tries++) {
    const span = Math.min(Math.max(shortest, poisson(meanSpanLength, random)), budget - covered)
    const start = random.below(length)
    if (start + span > length || spans[start] !== -1) continue
    if (hidden.subarray(start, start + Math.max(1, span)).some((taken) => taken === 1)) continue
    spans[start] = span
    hidden.fill(1, start, start + span)
    covered += span
  }
  return spans
}

/** What is left of the tokens with a mask for each span, and the spans, each after a mask. */
function hideSpans(
  tokens: readonly number[],
  spans: Int32Array,
  maskToken: number,
): { damaged: number[]; hidden: number[] } {
  const damaged: number[] = []
  const hidden: number[] = []
  let end = 0
  tokens.forEach((token, index) => {
    if (spans[index] !== -1) {
      damaged.push(maskToken)
      hidden.push(maskToken)
      end = index + spans[index]!
    }
    if (index < end) hidden.push(token)
    else damaged.push(token)
  })
  return { damaged, hidden }
}

/** Knuth's method, which is quick for the small means that spans have. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.fraction(); product > limit; product *= random.fraction()) count++
  return count
}
