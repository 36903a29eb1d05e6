import type { DecoderState } from './decoder-model.ts'
import type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
import { maximumNewTokens, noTokenLeft, type SearchPlan } from './search-plan.ts'
import type { TokenHistory } from './token-history.ts'

/** Chooses the next token of a row from its processed scores; -1 when none is left. */
export type TokenSelector = (scores: Float32Array, offset: number, row: number, generated: number) => number

/** Rows that ended stay in the batch, fed with padding, until they are this share of it: leaving out costs a cache copy. */
const ENDED_SHARE = 1 / 4

/**
 * Decodes one token at a time for `examples × returned` rows; `select` makes it greedy or random. A row that ended is fed
 * with the padding token and left out of the batch when enough of them have ended.
 */
export async function searchTokens(
  plan: SearchPlan,
  select: TokenSelector,
  hooks: GenerationHooks,
): Promise<GeneratedSequence[]> {
  const { model, prompts, inputs, returned } = plan
  hooks.signal?.throwIfAborted()
  const state = await model.start({
    prompts,
    ...(inputs && { inputs }),
    rowsPerExample: returned,
    maximumNewTokens: maximumNewTokens(plan),
  })
  try {
    return await decode(plan, state, select, hooks)
  } finally {
    state.dispose()
  }
}

async function decode(
  plan: SearchPlan,
  state: DecoderState,
  select: TokenSelector,
  { onToken, signal }: GenerationHooks,
): Promise<GeneratedSequence[]> {
  const { prompts, maximumLengths, endTokens, returned, padToken } = plan
  const vocabularySize = plan.model.vocabularySize
  const rows = prompts.length * returned
  const capacity = Math.max(...maximumLengths)
  const history: TokenHistory = {
    tokens: new Int32Array(rows * capacity),
    start: 0,
    length: 0,
    promptLength: 0,
    maximumLength: 0,
  }
  for (let row = 0; row < rows; row++)
    history.tokens.set(prompts[Math.floor(row / returned)]!, row * capacity)

  /** Which row each place of the model's batch holds. */
  let places = Int32Array.from({ length: rows }, (_, row) => row)
  let origins: Int32Array | undefined =
    returned > 1 ? places.map((row) => Math.floor(row / returned)) : undefined
  let next = new Int32Array(rows)
  let logits = returned > 1 ? repeatRows(state.logits, vocabularySize, returned) : state.logits
  const generatedLengths = new Int32Array(rows)
  const ended = new Uint8Array(rows)
  const stopped = new Uint8Array(rows)

  for (let generated = 0; ; generated++) {
    let running = 0
    for (let place = 0; place < places.length; place++) {
      const row = places[place]!
      next[place] = padToken
      if (ended[row]) continue
      const example = Math.floor(row / returned)
      const offset = place * vocabularySize
      history.start = row * capacity
      history.promptLength = prompts[example]!.length
      history.length = history.promptLength + generated
      history.maximumLength = maximumLengths[example]!
      for (const process of plan.processors) process(logits, offset, history)
      const token = select(logits, offset, row, generated)
      if (token < 0) throw noTokenLeft(example, logits, offset, vocabularySize)
      history.tokens[history.start + history.length] = token
      next[place] = token
      generatedLengths[row] = generated + 1
      stopped[row] = endTokens.includes(token) ? 1 : 0
      ended[row] = stopped[row] || history.length + 1 >= history.maximumLength ? 1 : 0
      running += 1 - ended[row]!
      onToken?.(row, token)
      signal?.throwIfAborted()
    }
    if (running === 0) break
    if (places.length - running >= Math.max(1, places.length * ENDED_SHARE)) {
      // Samples of an example go on together: rows of uneven examples would each need the source for themselves.
      const going = new Set<number>()
      for (const row of places) if (!ended[row]) going.add(Math.floor(row / returned))
      const kept = places
        .map((_, place) => place)
        .filter((place) => going.has(Math.floor(places[place]! / returned)))
      origins = origins ? kept.map((place) => origins![place]!) : kept
      next = kept.map((place) => next[place]!)
      places = kept.map((place) => places[place]!)
    }
    logits = await state.step(next, origins)
    signal?.throwIfAborted()
    origins = undefined
  }

  return Array.from({ length: rows }, (_, row) => {
    const example = Math.floor(row / returned)
    const begin = row * capacity + prompts[example]!.length
    return {
      example,
      tokens: [...history.tokens.subarray(begin, begin + generatedLengths[row]!)],
      finishReason: stopped[row] ? 'stop' : 'length',
    }
  })
}

/** Each row `times` times: `[rows, width]` → `[rows × times, width]`. */
function repeatRows(values: Float32Array, width: number, times: number): Float32Array {
  const repeated = new Float32Array(values.length * times)
  for (let row = 0; row < repeated.length / width; row++) {
    const source = Math.floor(row / times) * width
    repeated.set(values.subarray(source, source + width), row * width)
  }
  return repeated
}
