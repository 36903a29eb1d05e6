import { z } from 'zod'
import { YuksuError } from '../errors.ts'
import type { ModelSizes } from './family.ts'

/** `d_model` → `dModel`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Checks the part of `config.json` that a family reads. Other keys are left alone: checkpoints carry many. */
export function parseWith<Output>(schema: z.ZodType<Output>, json: unknown, family: string): Output {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = issue.path.join('.')
  throw new YuksuError(
    'model-configuration',
    `config.json of a ${family} model: ${path === '' ? '' : `'${path}': `}${issue.message}`,
  )
}

/** Throws where sizes are given to a new model that its family has no use for: they would be left out in silence. */
export function refuseSizes(sizes: ModelSizes, names: readonly (keyof ModelSizes)[], family: string): void {
  const given = names.find((name) => sizes[name] !== undefined && sizes[name] !== false)
  if (given === undefined) return
  throw new YuksuError('model-configuration', `a ${family} model has no ${given}; leave model.${given} out`)
}

/** How many there are of something. */
export const count = z.number().int().positive()

/** A share of what dropout zeroes. */
export const dropoutRate = z.number().min(0).lt(1)

/** Share of activations zeroed while training, of a new model of a family whose published ones have it. */
export const defaultDropout = 0.1

/** What a rate of dropout sets where it is of what each block adds, and shares of attention keep theirs. */
export const dropoutOfBlocks = (dropout = defaultDropout) => ({ dropout })

/** What it sets where the reference has the same for shares of attention. */
export const dropoutOfBlocksAndAttention = (dropout = defaultDropout) => ({
  dropout,
  attentionDropout: dropout,
})

const tokenId = z.number().int().nonnegative()

/** The keys of special tokens in `config.json`. */
export const tokenIdKeys = {
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: tokenId.nullish(),
}

export interface TokenIds {
  readonly bosTokenId: number | null
  readonly eosTokenId: number | readonly number[] | null
  readonly padTokenId: number | null
}

/** Special tokens; those that are not named at all, and are not null, are the reference library's, where the vocabulary has them. */
export function parseTokenIds(
  given: z.infer<z.ZodObject<typeof tokenIdKeys>> & { readonly vocab_size: number },
  unnamed: { readonly bos?: number; readonly eos?: number } = {},
): TokenIds {
  const known = (id: number | undefined) => (id !== undefined && id < given.vocab_size ? id : null)
  const { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad } = given
  return {
    bosTokenId: bos === undefined ? known(unnamed.bos) : bos,
    eosTokenId: eos === undefined ? known(unnamed.eos) : eos,
    padTokenId: pad ?? null,
  }
}

export function formatTokenIds({ bosTokenId, eosTokenId, padTokenId }: TokenIds): Record<string, unknown> {
  return { bos_token_id: bosTokenId, eos_token_id: eosTokenId, pad_token_id: padTokenId }
}

/** The width of a head. Throws YuksuError where the heads cannot share the width evenly. */
export function headWidthOf(width: number, heads: number, family: string): number {
  if (width % heads === 0) return width / heads
  throw new YuksuError(
    'model-configuration',
    `a ${family} model of width ${width} cannot have ${heads} heads, which share it evenly; give a multiple of the heads as the width`,
  )
}
