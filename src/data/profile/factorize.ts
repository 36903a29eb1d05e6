/*
 * Non-negative factorization V ≈ W H of a sparse matrix: each row of V as a mixture of k topics (rows of H) with weights W, so that
 * ‖V − W H‖² becomes small. Multiplicative updates (Lee and Seung 2001), which never increase it:
 *
 *   H ← H ∘ (Wᵀ V) / (Wᵀ W H)      W ← W ∘ (V Hᵀ) / (W H Hᵀ)
 */
import { randomStream } from '../../random.ts'
import type { TfidfMatrix } from './tf-idf.ts'

export interface Factors {
  /** `[documents, topics]` */
  readonly documents: Float64Array
  /** `[topics, terms]` */
  readonly topics: Float64Array
  readonly count: number
  /** ‖V − W H‖ */
  readonly error: number
}

export interface FactorizeOptions {
  readonly topics: number
  readonly seed: number
  readonly iterations?: number
  /** Beginnings from other random numbers, of which the best end counts. */
  readonly attempts?: number
}

const tiny = 1e-12
/** Its own stream of random numbers; any number would do. */
const beginnings = 0x6e6d66

/** The best of some factorizations of a matrix. */
export function factorize(matrix: TfidfMatrix, options: FactorizeOptions): Factors {
  const { attempts = 3 } = options
  let best: Factors | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = once(matrix, options, beginnings + attempt)
    if (best === undefined || found.error < best.error) best = found
  }
  return best!
}

function once(
  matrix: TfidfMatrix,
  { topics: k, seed, iterations = 60 }: FactorizeOptions,
  stream: number,
): Factors {
  const { starts, columns, weights } = matrix
  const [rows, terms] = [matrix.documents, matrix.terms.length]
  const random = randomStream(seed, stream)
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0)
  const scale = Math.sqrt(weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, rows * terms * k))
  const fill = (length: number) => Float64Array.from({ length }, () => scale * (0.1 + random.fraction()))
  const W = fill(rows * k)
  // By term and not by topic, so that the numbers that meet an entry lie together.
  const H = fill(terms * k)
  const shared = new Float64Array(k * k)
  const product = new Float64Array(Math.max(rows, terms) * k)
  const update = (target: Float64Array, count: number) => {
    for (let row = 0; row < count; row++) {
      for (let topic = 0; topic < k; topic++) {
        let below = tiny
        for (let other = 0; other < k; other++) below += target[row * k + other]! * shared[other * k + topic]!
        // The products are of the old values, as the rows are independent of each other.
        product[row * k + topic]! /= below
      }
      for (let topic = 0; topic < k; topic++) target[row * k + topic]! *= product[row * k + topic]!
    }
  }
  const gram = (given: Float64Array, count: number) => {
    shared.fill(0)
    for (let row = 0; row < count; row++)
      for (let a = 0; a < k; a++) {
        const value = given[row * k + a]!
        if (value === 0) continue
        for (let b = 0; b < k; b++) shared[a * k + b]! += value * given[row * k + b]!
      }
  }
  for (let iteration = 0; iteration < iterations; iteration++) {
    product.fill(0)
    eachEntry(starts, columns, (row, term, at) => {
      for (let topic = 0; topic < k; topic++) product[term * k + topic]! += weights[at]! * W[row * k + topic]!
    })
    gram(W, rows)
    update(H, terms)
    product.fill(0)
    eachEntry(starts, columns, (row, term, at) => {
      for (let topic = 0; topic < k; topic++) product[row * k + topic]! += weights[at]! * H[term * k + topic]!
    })
    gram(H, terms)
    update(W, rows)
  }
  // ‖V − W H‖² = ‖V‖² − 2 ⟨V, W H⟩ + ⟨WᵀW, H Hᵀ⟩
  let inner = 0
  eachEntry(starts, columns, (row, term, at) => {
    for (let topic = 0; topic < k; topic++) inner += weights[at]! * W[row * k + topic]! * H[term * k + topic]!
  })
  gram(W, rows)
  const ofRows = shared.slice()
  gram(H, terms)
  const both = ofRows.reduce((sum, value, at) => sum + value * shared[at]!, 0)
  const topics = new Float64Array(k * terms)
  for (let term = 0; term < terms; term++)
    for (let topic = 0; topic < k; topic++) topics[topic * terms + term] = H[term * k + topic]!
  return { documents: W, topics, count: k, error: Math.sqrt(Math.max(0, squares - 2 * inner + both)) }
}

function eachEntry(
  starts: Uint32Array,
  columns: Uint32Array,
  visit: (row: number, term: number, at: number) => void,
): void {
  for (let row = 0; row < starts.length - 1; row++)
    for (let at = starts[row]!; at < starts[row + 1]!; at++) visit(row, columns[at]!, at)
}
