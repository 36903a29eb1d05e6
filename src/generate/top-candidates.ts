/** The best `capacity` (score, index) pairs offered, best first; of equal scores the earlier offered stands first. */
export class TopCandidates {
  readonly scores: Float32Array
  readonly indices: Int32Array
  count = 0
  /** What a score must exceed to enter. */
  threshold = -Infinity

  constructor(capacity: number) {
    this.scores = new Float32Array(capacity)
    this.indices = new Int32Array(capacity)
  }

  clear(): void {
    this.count = 0
    this.threshold = -Infinity
  }

  /** Takes a score above `threshold`; the caller compares first, because nearly all fail. */
  insert(score: number, index: number): void {
    const { scores, indices } = this
    let place = this.count < scores.length ? this.count++ : scores.length - 1
    while (place > 0 && scores[place - 1]! < score) {
      scores[place] = scores[place - 1]!
      indices[place] = indices[place - 1]!
      place--
    }
    scores[place] = score
    indices[place] = index
    if (this.count === scores.length) this.threshold = scores[scores.length - 1]!
  }
}
