import type { LogitsProcessor } from '../logits-processor.ts'
import { SmallestFirstHeap } from '../smallest-first-heap.ts'

/** Keeps the `k` highest scores (and any equal to the k-th), as transformers' `TopKLogitsWarper`; O(V log k), no sort. */
export function topKProcessor(k: number, vocabularySize: number): LogitsProcessor {
  const heap = new SmallestFirstHeap(Math.min(k, vocabularySize))
  return (scores, offset) => {
    heap.clear()
    for (let index = offset; index < offset + vocabularySize; index++) heap.offer(scores[index]!)
    const threshold = heap.smallest
    for (let index = offset; index < offset + vocabularySize; index++) {
      if (scores[index]! < threshold) scores[index] = -Infinity
    }
  }
}
