import { z } from 'zod'
import type { AddedToken } from './added-tokens.ts'
import { byteToCharacter } from './byte-alphabet.ts'

/** A byte-level BPE as read from `tokenizer.json`. */
export interface ByteLevelBpe {
  readonly addedTokens: readonly AddedToken[]
  readonly normalizer: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' | undefined
  readonly addPrefixSpace: boolean
  /** `Split` steps; without any, GPT-2's pattern splits. */
  readonly splits: readonly object[]
  readonly ids: ReadonlyMap<string, number>
  readonly idOfByte: Int32Array
  readonly merges: readonly (readonly [left: number, right: number, merged: number])[]
  /** Whether a pre-token that is a token stays whole, whatever the merges say. */
  readonly ignoreMerges: boolean
}

const nothing = z.literal('').nullish()
const split = z.looseObject({
  type: z.literal('Split'),
  behavior: z.literal('Isolated'),
  invert: z.literal(false),
})
const byteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.boolean().default(false),
  use_regex: z.boolean().default(true),
})
const schema = z.object({
  added_tokens: z.array(
    z.object({
      id: z.int(),
      content: z.string().min(1),
      single_word: z.literal(false).default(false),
      lstrip: z.boolean().default(false),
      rstrip: z.boolean().default(false),
      special: z.boolean().default(false),
      normalized: z.boolean().optional(),
    }),
  ),
  normalizer: z.object({ type: z.enum(['NFC', 'NFD', 'NFKC', 'NFKD']) }).nullish(),
  pre_tokenizer: z.union([
    byteLevel,
    z.object({ type: z.literal('Sequence'), pretokenizers: z.array(z.union([byteLevel, split])) }),
  ]),
  model: z.object({
    type: z.literal('BPE'),
    dropout: z.literal(0).nullish(),
    continuing_subword_prefix: nothing,
    end_of_word_suffix: nothing,
    byte_fallback: z.literal(false).default(false),
    ignore_merges: z.boolean().default(false),
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.string(), z.array(z.string()).length(2)])),
  }),
})

/** Reads `tokenizer.json` as a byte-level BPE; undefined where it is another kind or uses more than is known here. */
export function readByteLevelBpe(json: object): ByteLevelBpe | undefined {
  const parsed = schema.safeParse(json)
  if (!parsed.success) return undefined
  const { added_tokens: addedTokens, normalizer, pre_tokenizer: preTokenizer, model } = parsed.data
  // A token searched for in normalized text is a matter for the library.
  if (normalizer && addedTokens.some(({ normalized, special }) => normalized ?? !special)) return undefined
  const steps = preTokenizer.type === 'Sequence' ? preTokenizer.pretokenizers : [preTokenizer]
  const last = steps.at(-1)
  const splits = steps.slice(0, -1)
  if (last?.type !== 'ByteLevel' || splits.some(({ type }) => type !== 'Split')) return undefined
  if (splits.length > 0 ? last.use_regex || last.add_prefix_space : !last.use_regex) return undefined

  const ids = new Map(Object.entries(model.vocab))
  const idOfByte = Int32Array.from(byteToCharacter, (character) => ids.get(character) ?? -1)
  if (idOfByte.includes(-1)) return undefined
  const merges: [number, number, number][] = []
  for (const merge of model.merges) {
    const [left, right] = typeof merge === 'string' ? merge.split(' ', 2) : merge
    const triple = [ids.get(left!), ids.get(right!), ids.get(left! + right!)]
    if (triple.includes(undefined)) return undefined
    merges.push(triple as [number, number, number])
  }
  return {
    addedTokens,
    normalizer: normalizer?.type,
    addPrefixSpace: last.add_prefix_space,
    splits,
    ids,
    idOfByte,
    merges,
    ignoreMerges: model.ignore_merges,
  }
}
