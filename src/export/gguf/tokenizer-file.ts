import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import type { GgufValue } from '../../formats/gguf/metadata.ts'

/** What llama.cpp is told of a vocabulary. */
export interface VocabularyDescription {
  readonly values: readonly (readonly [name: string, value: GgufValue])[]
  readonly notes: readonly string[]
  /** The kind of a token that is none of those added to the vocabulary; normal where it says nothing. */
  readonly kindOf?: (token: string, id: number) => number | undefined
  /** How the file writes a normal token; as it is where it says nothing. */
  readonly textOf?: (token: string) => string
  /** The values say already what stands before and behind a text. */
  readonly frames?: boolean
}

const addedToken = z.object({
  id: z.int(),
  content: z.string().min(1),
  special: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  single_word: z.boolean().default(false),
})

/** The parts of `tokenizer.json` that decide how it becomes a vocabulary of llama.cpp; steps are looked at by those who know them. */
export const tokenizerFile = z.object({
  added_tokens: z.array(addedToken),
  normalizer: z.looseObject({ type: z.string() }).nullish(),
  pre_tokenizer: z.looseObject({ type: z.string() }).nullish(),
  model: z.looseObject({
    type: z.string(),
    byte_fallback: z.boolean().default(false),
    ignore_merges: z.boolean().default(false),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.string(), z.array(z.string()).length(2)])).default([]),
  }),
})

export type TokenizerFile = z.infer<typeof tokenizerFile>

/** The kinds of tokens by llama.cpp's numbers. */
export const tokenKinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

export function unsupportedTokenizer(reason: string): YuksuError {
  return new YuksuError('unsupported-export', `this tokenizer cannot be written into a GGUF file: ${reason}`)
}
