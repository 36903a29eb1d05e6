import { YuksuError } from '../errors.ts'
import { beamSearch } from './beam-search.ts'
import type { DecoderModel, TokenRow } from './decoder-model.ts'
import type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
import { greedySearch } from './greedy-search.ts'
import { checkGenerationOptions, type GenerationOptions } from './options.ts'
import { sample } from './sample.ts'
import { planSearch } from './search-plan.ts'

export interface GenerationInputs {
  /** Token ids of each row without padding: what the encoder reads, or the prompt of a decoder-only model. */
  readonly inputIds: readonly TokenRow[]
  /** What the decoder of an encoder–decoder starts from in place of its start token. */
  readonly decoderInputIds?: readonly TokenRow[]
}

/**
 * Generates token ids for a batch: greedy search, beam search (`numBeams` above 1) or sampling (`doSample`), with the meaning
 * that transformers' `generate` gives the options. A row's answer does not depend on the rows beside it.
 *
 * Returns `rows × numReturnSequences` sequences in order, for beams best first. Throws `YuksuError` for options that are
 * unknown, out of range or contradictory, for empty rows and for rows beyond the model's length, and the reason of
 * `hooks.signal` when it stops.
 */
export async function generate(
  model: DecoderModel,
  inputs: GenerationInputs,
  options: GenerationOptions,
  hooks: GenerationHooks = {},
): Promise<GeneratedSequence[]> {
  const checked = checkGenerationOptions(options)
  if (inputs.inputIds.length === 0) return []
  const plan = planSearch(model, inputs.inputIds, checked, inputs.decoderInputIds)
  if (plan.beams > 1) {
    if (hooks.onToken) {
      throw new YuksuError(
        'no-beam-streaming',
        `Beam search decides its words at the end and cannot stream: set numBeams to 1 (given ${plan.beams}) or do not stream`,
      )
    }
    return beamSearch(plan, hooks)
  }
  return checked.doSample ? sample(plan, hooks) : greedySearch(plan, hooks)
}
