import { exponential } from '../exponential.ts'
import type { LogitsProcessor } from '../logits-processor.ts'

/**
 * Nucleus sampling (Holtzman et al. 2020): keeps the likeliest tokens whose mass first reaches `p`, at least one; that is, a
 * token stays while the mass of the likelier ones is below `p`. As transformers' `TopPLogitsWarper`, but tokens are
 * popped from a heap, so that only those kept are put in order.
 */
export function topPProcessor(p: number, vocabularySize: number): LogitsProcessor {
  const heap = new Int32Array(vocabularySize)
  const masses = new Float64Array(vocabularySize)
  const kept = new Uint8Array(vocabularySize)
  return (scores, offset) => {
    let size = 0
    let highest = -Infinity
    for (let token = 0; token < vocabularySize; token++) {
      const score = scores[offset + token]!
      if (score > highest) highest = score
      if (score > -Infinity) heap[size++] = token
    }
    let total = 0
    for (let index = 0; index < size; index++) {
      const token = heap[index]!
      total += masses[token] = exponential(scores[offset + token]! - highest)
    }
    kept.fill(0)
    for (let parent = (size >> 1) - 1; parent >= 0; parent--) sink(heap, masses, parent, size)
    const wanted = p * total
    for (let mass = 0; mass < wanted && size > 0;) {
      const token = heap[0]!
      kept[token] = 1
      mass += masses[token]!
      heap[0] = heap[--size]!
      sink(heap, masses, 0, size)
    }
    for (let token = 0; token < vocabularySize; token++) {
      if (kept[token] === 0) scores[offset + token] = -Infinity
    }
  }
}

/** Restores largest-first order below `parent`. */
function sink(heap: Int32Array, masses: Float64Array, parent: number, size: number): void {
  const token = heap[parent]!
  const mass = masses[token]!
  for (;;) {
    let child = 2 * parent + 1
    if (child >= size) break
    if (child + 1 < size && masses[heap[child + 1]!]! > masses[heap[child]!]!) child++
    if (masses[heap[child]!]! <= mass) break
    heap[parent] = heap[child]!
    parent = child
  }
  heap[parent] = token
}
