import { YuksuError } from '../errors.ts'
import type { DecoderModel, TokenRow } from './decoder-model.ts'
import type { LogitsProcessor } from './logits-processor.ts'
import { asList, type GenerationOptions } from './options.ts'
import { createLogitsProcessors } from './processors/index.ts'

/** Everything a search needs, with nothing left to default. */
export interface SearchPlan {
  readonly model: DecoderModel
  readonly inputs: readonly TokenRow[] | undefined
  readonly prompts: readonly TokenRow[]
  /** The greatest length of each example's sequence, prompt included. */
  readonly maximumLengths: Int32Array
  readonly endTokens: readonly number[]
  readonly padToken: number
  readonly processors: readonly LogitsProcessor[]
  readonly beams: number
  readonly returned: number
  readonly options: GenerationOptions
}

function startToken({ decoderStartTokenId, bosTokenId }: GenerationOptions): number {
  const token = decoderStartTokenId ?? bosTokenId
  if (token !== undefined) return token
  throw new YuksuError(
    'missing-decoder-start',
    'An encoder–decoder needs decoderStartTokenId (or bosTokenId) to start from: add it to generation_config.json or the options',
  )
}

function maximumLength(prompt: TokenRow, row: number, options: GenerationOptions, limit?: number): number {
  const { maxNewTokens, maxLength } = options
  const length = maxNewTokens === undefined ? (maxLength ?? limit) : prompt.length + maxNewTokens
  if (length === undefined) {
    throw new YuksuError(
      'missing-length',
      'This model has no length limit of its own: give maxNewTokens (or maxLength)',
    )
  }
  // The last token is generated but never read, so it needs no position.
  if (limit !== undefined && length - 1 > limit) {
    throw new YuksuError(
      'context-length-exceeded',
      `Row ${row} has ${prompt.length} tokens and may grow to ${length}, the model reads ${limit}: shorten it or lower maxNewTokens`,
    )
  }
  if (prompt.length >= length) {
    throw new YuksuError(
      'context-length-exceeded',
      `Row ${row} has ${prompt.length} tokens, which leaves no room to generate within ${length}: shorten it or raise maxLength`,
    )
  }
  return length
}

/**
 * Joins model, inputs and checked options. An encoder–decoder reads `inputs` and starts from the decoder start token (or from
 * `prompts`); a decoder-only model continues `inputs`.
 */
export function planSearch(
  model: DecoderModel,
  inputs: readonly TokenRow[],
  options: GenerationOptions,
  prompts?: readonly TokenRow[],
): SearchPlan {
  if (prompts && !model.isEncoderDecoder) {
    throw new YuksuError(
      'unexpected-prompts',
      'A decoder-only model continues its inputs: leave decoderInputs out',
    )
  }
  if (prompts && prompts.length !== inputs.length) {
    throw new YuksuError(
      'row-count-mismatch',
      `${inputs.length} inputs and ${prompts.length} decoderInputs: give one of each for every row`,
    )
  }
  const start = model.isEncoderDecoder && !prompts ? [startToken(options)] : undefined
  const decoderPrompts = start ? inputs.map(() => start) : (prompts ?? inputs)
  for (const rows of [inputs, decoderPrompts]) {
    const empty = rows.findIndex((row) => row.length === 0)
    if (empty >= 0)
      throw new YuksuError('empty-input', `Row ${empty} has no tokens: every row needs at least one`)
  }
  const endTokens = asList(options.eosTokenId)
  for (const token of [
    ...endTokens,
    ...asList(options.forcedEosTokenId),
    ...asList(options.forcedBosTokenId),
  ]) {
    if (token >= model.vocabularySize) {
      throw new YuksuError(
        'invalid-token',
        `Token ${token} of the generation options is outside the vocabulary of ${model.vocabularySize}: check the tokenizer's ids`,
      )
    }
  }
  const seeds = options.seed
  if (typeof seeds === 'object' && seeds.length !== inputs.length) {
    throw new YuksuError(
      'row-count-mismatch',
      `${seeds.length} seeds for ${inputs.length} rows: give one a row, or one number`,
    )
  }
  return {
    model,
    inputs: model.isEncoderDecoder ? inputs : undefined,
    prompts: decoderPrompts,
    maximumLengths: Int32Array.from(decoderPrompts, (prompt, row) =>
      maximumLength(prompt, row, options, model.maximumLength),
    ),
    endTokens,
    padToken: options.padTokenId ?? endTokens[0] ?? 0,
    processors: createLogitsProcessors(options, model.vocabularySize),
    beams: options.numBeams ?? 1,
    returned: options.numReturnSequences ?? 1,
    options,
  }
}

/** The most tokens any row of the plan generates. */
export function maximumNewTokens({ prompts, maximumLengths }: SearchPlan): number {
  return Math.max(...prompts.map((prompt, row) => maximumLengths[row]! - prompt.length))
}

/** Thrown when a row has nothing to go on with: every score is −∞, or the model gave NaN. */
export function noTokenLeft(example: number, scores: Float32Array, offset: number, size: number): YuksuError {
  return scores.subarray(offset, offset + size).some(Number.isNaN)
    ? new YuksuError(
        'invalid-logits',
        `The model gave NaN for row ${example}: check its weights and the input ids`,
      )
    : new YuksuError(
        'no-token-left',
        `The generation options exclude every token for row ${example}: loosen noRepeatNgramSize, badWordsIds or minimum length`,
      )
}
