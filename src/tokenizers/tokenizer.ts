import { createHash } from 'node:crypto'
import { tokenBytes } from './byte-alphabet.ts'
import { byteDecodeStream, type DecodeStream, textDecodeStream, type TokenContent } from './decode-stream.ts'
import { createDecoder, tidySpaces } from './decoders.ts'
import { createTextEncoder } from './text-encoder.ts'
import { readTokenizerParts, type TokenizerParts } from './tokenizer-parts.ts'
import { type SpecialTokenRole, specialTokenRoles } from './tokenizer-json.ts'
import { saveTokenizerFiles } from './tokenizer-folder.ts'

/** Text to token ids and back. Ids run from 0 to `vocabularySize - 1`. */
export interface Tokenizer {
  /** One more than the highest id; a model's embedding needs at least as many rows. */
  readonly vocabularySize: number
  /** Ids by role (`bos`, `eos`, `pad`, `unk` …); under `all` every special id in ascending order. */
  readonly specialTokens: SpecialTokenIds
  /** SHA-256 (hexadecimal) of everything that decides ids and text; the key of whatever is cached per tokenizer. */
  readonly fingerprint: string
  /** Token ids of a text; unpaired surrogates are read as U+FFFD. `addSpecialTokens` (default false) adds `<s>` … `</s>`. */
  encode(text: string, options?: EncodeOptions): number[]
  /** Text of ids; ids outside the vocabulary are passed over. `skipSpecialTokens` is true by default. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string
  /** A decoder for ids that arrive one by one. */
  decodeStream(options?: DecodeOptions): DecodeStream
  tokenToId(token: string): number | undefined
  idToToken(id: number): string | undefined
  /** Writes `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`; transformers opens the folder as well. */
  save(folder: string): Promise<void>
}

export type SpecialTokenIds = Readonly<Partial<Record<SpecialTokenRole, number>>> & {
  readonly all: readonly number[]
}

export interface EncodeOptions {
  readonly addSpecialTokens?: boolean | undefined
}

export interface DecodeOptions {
  readonly skipSpecialTokens?: boolean | undefined
}

/**
 * Makes a tokenizer from the parsed contents of `tokenizer.json` and `tokenizer_config.json`. Throws UnknownPart where they ask for
 * what is not known here.
 */
export function createTokenizer(json: object, config: Readonly<Record<string, unknown>>): Tokenizer {
  // Tidying of spaces changes text, so it is done only where the configuration asks for it.
  const tidy = config.clean_up_tokenization_spaces === true
  const parts = readTokenizerParts(json)
  const encode = createTextEncoder(parts)
  const detokenize = createDecoder(parts.decoders)
  const added = new Map(parts.addedTokens.map((token) => [token.id, token]))
  const { tokens, ids } = vocabularyOf(parts)
  const specialTokens = specialTokenIds(config, added, (token) => ids.get(token))
  const special = new Set(specialTokens.all)
  const contents = isByteLevel(parts) && !tidy ? tokenContents(tokens, added) : undefined
  let fingerprint: string | undefined

  function decodeStream({ skipSpecialTokens = true }: DecodeOptions = {}): DecodeStream {
    if (contents === undefined) return textDecodeStream((ids) => decode(ids, { skipSpecialTokens }))
    return byteDecodeStream((id) => (skipSpecialTokens && special.has(id) ? undefined : contents[id]))
  }

  function decode(ids: ArrayLike<number>, { skipSpecialTokens = true }: DecodeOptions = {}): string {
    if (contents !== undefined) {
      const stream = decodeStream({ skipSpecialTokens })
      return Array.from(ids, (id) => stream.push(id)).join('') + stream.flush()
    }
    const known = Array.from(ids).flatMap((id) => {
      const token = tokens[id]
      return token === undefined || (skipSpecialTokens && special.has(id)) ? [] : [token]
    })
    const text = known.length === 0 ? '' : detokenize(known)
    return tidy ? tidySpaces(text) : text
  }

  return {
    vocabularySize: tokens.length,
    specialTokens,
    get fingerprint() {
      return (fingerprint ??= fingerprintOf(json, specialTokens, tidy))
    },
    encode: (text, { addSpecialTokens = false } = {}) => encode(text, addSpecialTokens),
    decode,
    decodeStream,
    tokenToId: (token) => ids.get(token),
    idToToken: (id) => tokens[id],
    save: (folder) => saveTokenizerFiles(folder, json, config),
  }
}

/** Tokens by id and ids by token, added ones before those of the model. */
function vocabularyOf({ model, addedTokens }: TokenizerParts): {
  tokens: readonly (string | undefined)[]
  ids: ReadonlyMap<string, number>
} {
  const ids = new Map<string, number>()
  const tokens: (string | undefined)[] = []
  const add = (token: string, id: number) => {
    ids.set(token, id)
    while (tokens.length <= id) tokens.push(undefined)
    tokens[id] = token
  }
  if (model.type === 'Unigram') model.vocab.forEach(([piece], id) => add(piece, id))
  else for (const [token, id] of Object.entries(model.vocab)) add(token, id)
  for (const { content, id } of addedTokens) add(content, id)
  return { tokens, ids }
}

function specialTokenIds(
  config: Readonly<Record<string, unknown>>,
  added: ReadonlyMap<number, { special: boolean }>,
  idOf: (token: string) => number | undefined,
): SpecialTokenIds {
  const roles = specialTokenRoles.flatMap((role) => {
    const token = tokenText(config[`${role}_token`])
    const id = token === undefined ? undefined : idOf(token)
    return id === undefined ? [] : [[role, id] as const]
  })
  const ids = new Set(roles.map(([, id]) => id))
  for (const [id, { special }] of added) if (special) ids.add(id)
  return { ...Object.fromEntries(roles), all: [...ids].sort((a, b) => a - b) }
}

/** A token in a configuration file is its text, or an object that has it as `content`. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || !('content' in value)) return undefined
  return typeof value.content === 'string' ? value.content : undefined
}

function isByteLevel({ decoders }: TokenizerParts): boolean {
  return decoders.length === 1 && decoders[0]!.type === 'ByteLevel'
}

function tokenContents(
  vocabulary: readonly (string | undefined)[],
  added: ReadonlyMap<number, { content: string }>,
): readonly TokenContent[] {
  return Array.from(vocabulary, (token, id) =>
    token === undefined ? undefined : (added.get(id)?.content ?? tokenBytes(token) ?? token),
  )
}

function fingerprintOf(json: object, specialTokens: SpecialTokenIds, tidy: boolean): string {
  const canonical = JSON.stringify([json, specialTokens, tidy], (_, value: unknown) =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))),
  )
  return createHash('sha256').update(canonical).digest('hex')
}
