/** The part of Hugging Face's `tokenizer.json` that this package writes. */
export interface TokenizerJson {
  readonly version: '1.0'
  readonly truncation: null
  readonly padding: null
  readonly added_tokens: readonly AddedTokenJson[]
  readonly normalizer: { readonly type: 'NFC' } | null
  readonly pre_tokenizer: object
  readonly post_processor: object | null
  readonly decoder: object
  readonly model: {
    readonly type: 'BPE'
    readonly vocab: Record<string, number>
    readonly merges: readonly (readonly [string, string])[]
    readonly [option: string]: unknown
  }
}

export interface AddedTokenJson {
  readonly id: number
  readonly content: string
  readonly single_word: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  readonly special: boolean
}

/** The jobs a special token can have, by the field's names. */
export const specialTokenRoles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const
export type SpecialTokenRole = (typeof specialTokenRoles)[number]

export interface ByteLevelBpeParts {
  /** Token text by id. */
  readonly tokens: readonly string[]
  /** Merges in order of rank, as ids. */
  readonly merges: readonly (readonly [number, number])[]
  /** Special tokens; they stand at the front of `tokens`. */
  readonly specialTokens: readonly string[]
  readonly roles: Partial<Record<SpecialTokenRole, string>>
  readonly normalizer: 'NFC' | undefined
  readonly addPrefixSpace: boolean
  /** A pattern other than GPT-2's. */
  readonly splitPattern: string | undefined
}

/** Assembles `tokenizer.json` for a byte-level BPE. */
export function byteLevelBpeJson(parts: ByteLevelBpeParts): TokenizerJson {
  const { tokens, merges, specialTokens, roles, normalizer, addPrefixSpace, splitPattern } = parts
  const byteLevel = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokensJson(specialTokens, tokens),
    normalizer: normalizer === undefined ? null : { type: normalizer },
    pre_tokenizer:
      splitPattern === undefined
        ? { ...byteLevel, use_regex: true }
        : {
            type: 'Sequence',
            pretokenizers: [splitStep(splitPattern), { ...byteLevel, use_regex: false }],
          },
    post_processor: templateJson(roles.bos, roles.eos, tokens),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => [tokens[left]!, tokens[right]!] as const),
    },
  }
}

/** The pre-tokenizer step for a pattern: matches and what lies between them are pieces of their own. */
export function splitStep(pattern: string): object {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
}

/** Special tokens as entries of `added_tokens`; each must be in the vocabulary. */
export function addedTokensJson(
  specialTokens: readonly string[],
  tokens: readonly string[],
): AddedTokenJson[] {
  return specialTokens.map((content) => ({
    id: tokens.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
}

/** The template that puts one token before a text and one after it, with whichever there is; null without either. */
export function templateJson(
  before: string | undefined,
  after: string | undefined,
  tokens: readonly string[],
): object | null {
  if (before === undefined && after === undefined) return null
  const special = (token: string | undefined, type: number) =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: type } }]
  const around = (id: 'A' | 'B', type: number) => [
    ...special(before, type),
    { Sequence: { id, type_id: type } },
    ...special(after, type),
  ]
  const used = [...new Set([before, after].filter((token) => token !== undefined))]
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(
      used.map((token) => [token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }]),
    ),
  }
}

/** `tokenizer_config.json`, read by transformers' AutoTokenizer. */
export function tokenizerConfig(
  parts: Pick<ByteLevelBpeParts, 'roles' | 'specialTokens'>,
): Record<string, unknown> {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    model_max_length: 1e30,
    ...specialTokensMap(parts),
  }
}

/** `special_tokens_map.json`: `{ bos_token: '<s>', …, additional_special_tokens: […] }`. */
export function specialTokensMap({
  roles,
  specialTokens,
}: Pick<ByteLevelBpeParts, 'roles' | 'specialTokens'>): Record<string, unknown> {
  const named = specialTokenRoles.flatMap((role) =>
    roles[role] === undefined ? [] : [[`${role}_token`, roles[role]]],
  )
  const rest = specialTokens.filter((token) => !Object.values(roles).includes(token))
  return { ...Object.fromEntries(named), ...(rest.length > 0 && { additional_special_tokens: rest }) }
}
