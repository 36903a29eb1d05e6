import { z } from 'zod'
import { YuksuError } from '../errors.ts'

const tokenId = z.int().nonnegative()
const tokenIds = z.union([tokenId, z.array(tokenId).min(1)])
const count = z.int().positive()

/**
 * How to decode. Names and meanings are those of transformers' `GenerationConfig`. Two defaults differ on purpose: there
 * is no silent limit of 20 tokens (the model's own limit holds), and sampling keeps all tokens unless `topK` says otherwise.
 */
export const generationOptionsSchema = z.strictObject({
  maxNewTokens: count.optional().describe('the most tokens to generate'),
  maxLength: count
    .optional()
    .describe('the most tokens of a sequence, its prompt or decoder start token included'),
  minNewTokens: z
    .int()
    .nonnegative()
    .optional()
    .describe('no end of sequence before this many generated tokens'),
  minLength: z
    .int()
    .nonnegative()
    .optional()
    .describe('like `minNewTokens`, with the prompt or start token counted'),
  doSample: z.boolean().optional().describe('draw tokens at random instead of taking the likeliest'),
  seed: z
    .union([z.int().nonnegative(), z.array(z.int().nonnegative()).min(1)])
    .optional()
    .describe(
      'makes sampling repeatable: a row depends on the seed and its own tokens only; or one seed a row',
    ),
  temperature: z
    .number()
    .positive()
    .optional()
    .describe('divides the logits: below 1 sharper, above 1 flatter'),
  topK: z.int().nonnegative().optional().describe('sample from the k likeliest tokens; 0 keeps all'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('sample from the likeliest tokens that together reach this mass'),
  minP: z.number().min(0).max(1).optional().describe('drop tokens below this share of the likeliest token'),
  numBeams: count.optional().describe('beams of a beam search; 1 is greedy'),
  lengthPenalty: z
    .number()
    .optional()
    .describe('beam scores are divided by length to this power; above 0 favours long'),
  earlyStopping: z
    .union([z.boolean(), z.literal('never')])
    .optional()
    .describe(
      'true: stop at `numBeams` finished; false: by a heuristic; never: only when nothing better can come',
    ),
  numReturnSequences: count.optional().describe('sequences returned for an example'),
  noRepeatNgramSize: z
    .int()
    .nonnegative()
    .optional()
    .describe('no n-gram of this size occurs twice; 0 is off'),
  repetitionPenalty: z
    .number()
    .positive()
    .optional()
    .describe('above 1 makes tokens that occurred less likely'),
  badWordsIds: z
    .array(z.array(tokenId).min(1))
    .min(1)
    .optional()
    .describe('token sequences that may not occur'),
  bosTokenId: tokenId.optional(),
  eosTokenId: tokenIds.optional().describe('a sequence ends with any of these'),
  padTokenId: tokenId.optional().describe('fed for finished rows; the first `eosTokenId` when absent'),
  decoderStartTokenId: tokenId
    .optional()
    .describe('what an encoder–decoder starts from; `bosTokenId` when absent'),
  forcedBosTokenId: tokenId.optional().describe('the first token after the decoder start token'),
  forcedEosTokenId: tokenIds
    .optional()
    .describe('the last token of a sequence that reaches its greatest length'),
})

export type GenerationOptions = z.infer<typeof generationOptionsSchema>
type OptionName = keyof GenerationOptions

/** Values that change nothing, so that they contradict nothing. */
const neutral: GenerationOptions = {
  doSample: false,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  numBeams: 1,
  lengthPenalty: 1,
  earlyStopping: false,
  numReturnSequences: 1,
  minNewTokens: 0,
  minLength: 0,
  noRepeatNgramSize: 0,
  repetitionPenalty: 1,
}
const samplingOnly: readonly OptionName[] = ['temperature', 'topK', 'topP', 'minP', 'seed']
const beamsOnly: readonly OptionName[] = ['lengthPenalty', 'earlyStopping']

function isSet(options: GenerationOptions, name: OptionName): boolean {
  return options[name] !== undefined && options[name] !== neutral[name]
}

function drop(options: GenerationOptions, names: readonly OptionName[]): GenerationOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => !names.some((dropped) => dropped === name)),
  )
}

/** Every pair of options that cannot hold together, in words; none where the options agree. */
function contradiction(options: GenerationOptions): string | undefined {
  const beams = options.numBeams ?? 1
  const returned = options.numReturnSequences ?? 1
  if (options.doSample && beams > 1)
    return `doSample and numBeams ${beams}: sampling and beam search exclude each other`
  const sampling = options.doSample ? undefined : samplingOnly.find((name) => isSet(options, name))
  if (sampling)
    return `${sampling} ${String(options[sampling])} needs doSample: set doSample to true or leave ${sampling} out`
  const beam = beams > 1 ? undefined : beamsOnly.find((name) => isSet(options, name))
  if (beam)
    return `${beam} ${String(options[beam])} needs numBeams above 1: set numBeams or leave ${beam} out`
  if (!options.doSample && returned > beams) {
    return `numReturnSequences ${returned} is more than numBeams ${beams}: raise numBeams or set doSample`
  }
  if (options.maxNewTokens !== undefined && options.maxLength !== undefined) {
    return `maxNewTokens ${options.maxNewTokens} and maxLength ${options.maxLength} are both given: keep one`
  }
  if ((options.minNewTokens ?? 0) > (options.maxNewTokens ?? Infinity)) {
    return `minNewTokens ${options.minNewTokens} is more than maxNewTokens ${options.maxNewTokens}: lower it`
  }
  if ((options.minLength ?? 0) > (options.maxLength ?? Infinity)) {
    return `minLength ${options.minLength} is more than maxLength ${options.maxLength}: lower it`
  }
  const needsEnd = (['minNewTokens', 'minLength'] as const).find((name) => isSet(options, name))
  if (needsEnd && options.eosTokenId === undefined)
    return `${needsEnd} needs eosTokenId: give the end of sequence token`
  return undefined
}

/**
 * Checks options and returns a copy of them. Throws `YuksuError` (`invalid-generation-options`) for an unknown name, a value
 * out of range, or options that contradict each other.
 */
export function checkGenerationOptions(options: unknown): GenerationOptions {
  const parsed = generationOptionsSchema.safeParse(options)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
    throw new YuksuError(
      'invalid-generation-options',
      `Generation option ${where}${issue.message}; see the option's range and name`,
    )
  }
  const message = contradiction(parsed.data)
  if (message)
    throw new YuksuError('invalid-generation-options', `Generation options contradict each other: ${message}`)
  return parsed.data
}

/**
 * A model's own defaults with a caller's options on top. Where they disagree in kind the caller wins whole: asking for greedy
 * decoding drops the defaults' sampling settings, `maxNewTokens` replaces a default `maxLength`.
 */
export function mergeGenerationOptions(
  defaults: GenerationOptions,
  options: GenerationOptions,
): GenerationOptions {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as GenerationOptions
  let base = defaults
  if (given.doSample && given.numBeams === undefined) base = drop(base, ['numBeams', 'numReturnSequences'])
  if ((given.numBeams ?? 1) > 1 && given.doSample === undefined)
    base = drop(base, ['doSample', 'numReturnSequences'])
  const doSample = given.doSample ?? base.doSample ?? false
  const numBeams = given.numBeams ?? base.numBeams ?? 1
  if (!doSample) base = drop(base, samplingOnly)
  if (numBeams === 1) base = drop(base, beamsOnly)
  if (!doSample && given.numBeams !== undefined) base = drop(base, ['numReturnSequences'])
  if (given.maxNewTokens !== undefined || given.maxLength !== undefined)
    base = drop(base, ['maxNewTokens', 'maxLength'])
  // A default minimum that the caller's maximum cannot reach gives way to it.
  const greatest = given.maxNewTokens ?? given.maxLength ?? Infinity
  if ((base.minNewTokens ?? base.minLength ?? 0) > greatest) base = drop(base, ['minNewTokens', 'minLength'])
  if (given.minNewTokens !== undefined || given.minLength !== undefined)
    base = drop(base, ['minNewTokens', 'minLength'])
  return { ...base, ...given }
}

/** One id or several as a list. */
export function asList(ids: number | readonly number[] | undefined): readonly number[] {
  if (ids === undefined) return []
  return typeof ids === 'number' ? [ids] : ids
}
