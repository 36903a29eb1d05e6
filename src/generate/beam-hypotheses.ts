export interface BeamHypothesis {
  readonly tokens: readonly number[]
  readonly score: number
}

export interface BeamHypothesesSettings {
  readonly beams: number
  readonly lengthPenalty: number
  readonly earlyStopping: boolean | 'never'
  /** The most tokens this example can generate. */
  readonly maximumNewTokens: number
}

/** The finished sequences of one example: the best `beams` of them, and whether a better one can still come. */
export class BeamHypotheses {
  readonly #settings: BeamHypothesesSettings
  readonly #finished: BeamHypothesis[] = []

  constructor(settings: BeamHypothesesSettings) {
    this.#settings = settings
  }

  get full(): boolean {
    return this.#finished.length >= this.#settings.beams
  }

  /** Best first. */
  get best(): readonly BeamHypothesis[] {
    return this.#finished
  }

  /** log-probability / length^penalty in float32, as the reference computes it. `length` counts generated tokens. */
  #normalised(logProbability: number, length: number): number {
    return Math.fround(logProbability / Math.fround(length ** this.#settings.lengthPenalty))
  }

  /** Keeps a finished sequence if it is among the best `beams`. */
  add(tokens: () => readonly number[], logProbability: number, length: number): void {
    const score = this.#normalised(logProbability, length)
    const finished = this.#finished
    if (this.full && !(score > finished[finished.length - 1]!.score)) return
    const place = finished.findIndex((other) => other.score < score)
    finished.splice(place < 0 ? finished.length : place, 0, { tokens: tokens(), score })
    if (finished.length > this.#settings.beams) finished.pop()
  }

  /**
   * Whether the running beams could still change the answer (transformers' `_check_early_stop_heuristic`): with `true` not once
   * `beams` sequences finished; with `false` judged as if the best beam ended now; with `never` and a positive
   * length penalty as if it ended at the greatest length.
   */
  canImprove(bestRunning: number, length: number): boolean {
    const { earlyStopping, lengthPenalty, maximumNewTokens } = this.#settings
    if (!this.full) return true
    if (earlyStopping === true) return false
    const hypothetical = earlyStopping === 'never' && lengthPenalty > 0 ? maximumNewTokens : length
    return this.#normalised(bestRunning, hypothetical) > this.#finished[this.#finished.length - 1]!.score
  }
}
