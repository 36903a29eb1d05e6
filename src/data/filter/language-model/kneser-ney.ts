// Interpolated modified Kneser-Ney smoothing (Chen and Goodman, 1998), as KenLM's lmplz estimates it:
//   P(w | c) = (a(c w) − D(a(c w))) / Σ a(c ·)  +  γ(c) · P(w | c without its first word)
//   γ(c) = (D₁ N₁(c ·) + D₂ N₂(c ·) + D₃ N₃₊(c ·)) / Σ a(c ·)
//   D_k = k − (k + 1) · n₁ / (n₁ + 2 n₂) · n_{k+1} / n_k
// with adjusted counts a; single words are interpolated with the same probability for each, which is all that an unknown
// word gets.
import { type CountedNgrams, sentenceStart } from './ngram-counter.ts'
import { suffixesOf, type TrieLevel } from './ngram-trie.ts'

/** Taken off an adjusted count of 1, 2 and 3 or more. */
export interface Discounts {
  readonly amounts: readonly [number, number, number]
  /** True where too few n-grams have one of the counts 1 to 4, so that customary amounts are used. */
  readonly customary: boolean
}

export interface EstimatedNgrams {
  /** By order − 1. */
  readonly discounts: readonly Discounts[]
  /** Decimal logarithms of P(last word | words before), by order − 1. */
  readonly logProbabilities: readonly Float32Array[]
  /** Decimal logarithms of γ, by order − 1; none in the highest. */
  readonly logBackoffs: readonly Float32Array[]
}

/** Those of lmplz where counts are missing. */
const customaryAmounts = [0.5, 1, 1.5] as const

/** Equation 26 of Chen and Goodman over the adjusted counts of one order. */
export function discountsOf(counts: Uint32Array): Discounts {
  const n = [0, 0, 0, 0, 0]
  for (const count of counts) if (count > 0 && count < 5) n[count]!++
  const y = n[1]! / (n[1]! + 2 * n[2]!)
  const amounts = [1, 2, 3].map((k) => k - ((k + 1) * y * n[k + 1]!) / n[k]!)
  const usable = amounts.every((amount, index) => n[index + 1]! > 0 && amount > 0 && amount <= index + 1)
  if (!usable) return { amounts: customaryAmounts, customary: true }
  return { amounts: [amounts[0]!, amounts[1]!, amounts[2]!], customary: false }
}

/** Probabilities and back-off weights of counted n-grams. */
export function estimateKneserNey({ trie, counts }: CountedNgrams): EstimatedNgrams {
  const suffixes = suffixesOf(trie)
  const discounts = counts.map(discountsOf)
  const logProbabilities: Float32Array[] = []
  const logBackoffs: Float32Array[] = []
  // The sentence's beginning is never predicted.
  const uniform = 1 / (trie[0]!.count - 1)
  let lower = new Float64Array(trie[0]!.count)
  trie.forEach((level, index) => {
    const { amounts } = discounts[index]!
    const probabilities = new Float64Array(level.count)
    const contexts: TrieLevel =
      index === 0
        ? { count: 1, words: new Uint32Array(1), children: Uint32Array.of(0, level.count) }
        : trie[index - 1]!
    const backoffs = new Float32Array(contexts.count)
    for (let context = 0; context < contexts.count; context++) {
      const start = contexts.children![context]!
      const end = contexts.children![context + 1]!
      let whole = 0
      let taken = 0
      for (let child = start; child < end; child++) {
        const count = counts[index]![child]!
        whole += count
        if (count > 0) taken += amounts[count < 3 ? count - 1 : 2]!
      }
      if (whole === 0) continue
      const backoff = taken / whole
      backoffs[context] = Math.log10(backoff)
      for (let child = start; child < end; child++) {
        const count = counts[index]![child]!
        const own = count === 0 ? 0 : (count - amounts[count < 3 ? count - 1 : 2]!) / whole
        const shorter = index === 0 ? uniform : lower[suffixes[index]![child]!]!
        probabilities[child] = own + backoff * shorter
      }
    }
    if (index === 0) probabilities[sentenceStart] = 1
    else logBackoffs.push(backoffs)
    logProbabilities.push(Float32Array.from(probabilities, Math.log10))
    lower = probabilities
  })
  return { discounts, logProbabilities, logBackoffs }
}
