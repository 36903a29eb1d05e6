import { BeamHypotheses } from './beam-hypotheses.ts'
import type { DecoderState } from './decoder-model.ts'
import type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
import { logSumExp } from './log-sum-exp.ts'
import { maximumNewTokens, noTokenLeft, type SearchPlan } from './search-plan.ts'
import type { TokenHistory } from './token-history.ts'
import { TopCandidates } from './top-candidates.ts'

/** The score of a beam that only fills a row, as in transformers: any real one beats it. */
const FILLER = -1e9

/**
 * Beam search as transformers' `_beam_search`: of all continuations of an example's beams the best
 * `max(2, 1 + end tokens) × beams` are looked at; those that end among the first `beams` become hypotheses, the first
 * `beams` that do not end run on. Each example stops by itself, so that its answer does not depend on the batch, and
 * leaves the batch then.
 */
export async function beamSearch(plan: SearchPlan, hooks: GenerationHooks): Promise<GeneratedSequence[]> {
  const { model, prompts, inputs, beams } = plan
  hooks.signal?.throwIfAborted()
  const state = await model.start({
    prompts,
    ...(inputs && { inputs }),
    rowsPerExample: beams,
    maximumNewTokens: maximumNewTokens(plan),
  })
  try {
    const search = new BeamSearch(plan)
    await search.run(state, hooks)
    return search.results()
  } finally {
    state.dispose()
  }
}

class BeamSearch {
  readonly #plan: SearchPlan
  readonly #capacity: number
  readonly #hypotheses: readonly BeamHypotheses[]
  readonly #candidates: TopCandidates
  readonly #history: TokenHistory
  /** Sequences of all beams, `[examples, beams, capacity]`: those that run, and those of the next step. */
  #tokens: Int32Array
  #nextTokens: Int32Array
  /** Accumulated log-probabilities, `[examples, beams]`. */
  readonly #scores: Float32Array
  /** The examples that still run, in order. */
  #active: number[]

  constructor(plan: SearchPlan) {
    const { prompts, maximumLengths, beams, endTokens, options } = plan
    this.#plan = plan
    this.#capacity = Math.max(...maximumLengths)
    this.#hypotheses = prompts.map(
      (prompt, example) =>
        new BeamHypotheses({
          beams,
          lengthPenalty: options.lengthPenalty ?? 1,
          earlyStopping: options.earlyStopping ?? false,
          maximumNewTokens: maximumLengths[example]! - prompt.length,
        }),
    )
    this.#candidates = new TopCandidates(Math.max(2, 1 + endTokens.length) * beams)
    this.#tokens = new Int32Array(prompts.length * beams * this.#capacity)
    this.#nextTokens = new Int32Array(this.#tokens.length)
    prompts.forEach((prompt, example) => this.#tokens.set(prompt, example * beams * this.#capacity))
    this.#scores = new Float32Array(prompts.length * beams)
    this.#active = prompts.map((_, example) => example)
    this.#history = { tokens: this.#tokens, start: 0, length: 0, promptLength: 0, maximumLength: 0 }
  }

  async run(state: DecoderState, { signal }: GenerationHooks): Promise<void> {
    const { beams } = this.#plan
    let logits = state.logits
    let appended = new Int32Array(this.#active.length * beams)
    let origins = new Int32Array(appended.length)
    for (let generated = 0; ; generated++) {
      const before = generated === 0 ? 1 : beams
      const running: number[] = []
      for (let place = 0; place < this.#active.length; place++) {
        const example = this.#active[place]!
        this.#collect(logits, place * before, before, example, generated)
        const row = running.length * beams
        const runs = this.#advance(example, generated, place * before, appended, origins, row)
        if (runs) running.push(example)
      }
      if (running.length === 0) return
      this.#active = running
      ;[this.#tokens, this.#nextTokens] = [this.#nextTokens, this.#tokens]
      if (appended.length !== running.length * beams) {
        appended = appended.slice(0, running.length * beams)
        origins = origins.slice(0, running.length * beams)
      }
      logits = await state.step(appended, origins)
      signal?.throwIfAborted()
    }
  }

  /** Fills `#candidates` with the best continuations of an example; its `count` beams stand from `firstRow` in `logits`. */
  #collect(logits: Float32Array, firstRow: number, count: number, example: number, generated: number): void {
    const { model, processors, beams, prompts, maximumLengths } = this.#plan
    const { vocabularySize } = model
    const candidates = this.#candidates
    const history = this.#history
    candidates.clear()
    history.tokens = this.#tokens
    history.promptLength = prompts[example]!.length
    history.length = history.promptLength + generated
    history.maximumLength = maximumLengths[example]!
    for (let beam = 0; beam < count; beam++) {
      const offset = (firstRow + beam) * vocabularySize
      let normalizer = model.normalized ? 0 : logSumExp(logits, offset, vocabularySize)
      if (!(Math.abs(normalizer) < Infinity)) throw noTokenLeft(example, logits, offset, vocabularySize)
      if (processors.length > 0) {
        for (let index = offset; index < offset + vocabularySize; index++) logits[index]! -= normalizer
        normalizer = 0
        history.start = (example * beams + beam) * this.#capacity
        for (const process of processors) process(logits, offset, history)
      }
      this.#offer(logits, offset, beam, normalizer, this.#scores[example * beams + beam]!)
    }
    if (candidates.count === 0) throw noTokenLeft(example, logits, firstRow * vocabularySize, vocabularySize)
  }

  /** Adds one beam's continuations, rounded to float32 at each step as the reference does. */
  #offer(logits: Float32Array, offset: number, beam: number, normalizer: number, accumulated: number): void {
    const candidates = this.#candidates
    const { vocabularySize } = this.#plan.model
    let cutoff = -Infinity
    for (let token = 0; token < vocabularySize; token++) {
      const logit = logits[offset + token]!
      if (!(logit > cutoff)) continue
      const score = Math.fround(Math.fround(logit - normalizer) + accumulated)
      if (!(score > candidates.threshold)) continue
      candidates.insert(score, beam * vocabularySize + token)
      // A little below the logit that could still enter, so that rounding decides above and not here.
      const { threshold } = candidates
      cutoff = threshold - accumulated + normalizer - 1e-3 - 1e-6 * Math.abs(threshold)
    }
  }

  /** Sorts the candidates into hypotheses and the beams of the next step; false when the example is done. */
  #advance(
    example: number,
    generated: number,
    firstRow: number,
    appended: Int32Array,
    origins: Int32Array,
    row: number,
  ): boolean {
    const { model, beams, endTokens, prompts, maximumLengths } = this.#plan
    const { scores, indices, count } = this.#candidates
    const hypotheses = this.#hypotheses[example]!
    const length = prompts[example]!.length + generated
    const atLimit = length + 1 >= maximumLengths[example]!
    const base = example * beams
    let filled = 0
    for (let rank = 0; rank < count; rank++) {
      const token = indices[rank]! % model.vocabularySize
      const beam = (indices[rank]! - token) / model.vocabularySize
      const source = (base + beam) * this.#capacity
      if (atLimit || endTokens.includes(token)) {
        if (rank >= beams) continue
        const sequence = () => [...this.#tokens.subarray(source + length - generated, source + length), token]
        hypotheses.add(sequence, scores[rank]!, generated + 1)
      } else if (filled < beams) {
        const target = (base + filled) * this.#capacity
        for (let position = 0; position < length; position++) {
          this.#nextTokens[target + position] = this.#tokens[source + position]!
        }
        this.#nextTokens[target + length] = token
        appended[row + filled] = token
        origins[row + filled] = firstRow + beam
        this.#scores[base + filled] = scores[rank]!
        filled++
      }
    }
    if (filled === 0) return false
    for (let beam = filled; beam < beams; beam++) {
      const target = (base + beam) * this.#capacity
      for (let position = 0; position <= length; position++) {
        this.#nextTokens[target + position] = this.#nextTokens[base * this.#capacity + position]!
      }
      appended[row + beam] = appended[row]!
      origins[row + beam] = origins[row]!
      this.#scores[base + beam] = FILLER
    }
    return hypotheses.canImprove(this.#scores[base]!, generated + 1)
  }

  results(): GeneratedSequence[] {
    const { endTokens, returned } = this.#plan
    return this.#hypotheses.flatMap((hypotheses, example) =>
      hypotheses.best.slice(0, returned).map(({ tokens, score }) => ({
        example,
        tokens,
        finishReason: endTokens.includes(tokens[tokens.length - 1]!)
          ? ('stop' as const)
          : ('length' as const),
        score,
      })),
    )
  }
}
