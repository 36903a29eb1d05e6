import { createHash } from 'node:crypto'
import { tokenBytes } from './byte-alphabet.ts'
import { byteLevelEncoder } from './byte-level-encoder.ts'
import { byteDecodeStream, type DecodeStream, textDecodeStream, type TokenContent } from './decode-stream.ts'
import { createEncoder, type Encoder } from './encoder-library.ts'
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

/** Makes a tokenizer from the parsed contents of `tokenizer.json` and `tokenizer_config.json`. */
export function createTokenizer(json: object, config: Readonly<Record<string, unknown>>): Tokenizer {
  // Tidying of spaces changes text, so it is done only where the configuration asks for it.
  const tidy = config.clean_up_tokenization_spaces === true
  const encoder = createEncoder(json, config)
  const added = encoder.get_added_tokens_decoder()
  const specialTokens = specialTokenIds(config, added, (token) => encoder.token_to_id(token))
  const special = new Set(specialTokens.all)
  const contents = isByteLevel(json) && !tidy ? tokenContents(encoder.model.vocab, added) : undefined
  const encodeFast = byteLevelEncoder(json)
  const frame = encodeFast && frameOf(encoder)
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
    const known = Array.from(ids).filter(
      (id) => encoder.id_to_token(id) !== undefined && !(skipSpecialTokens && special.has(id)),
    )
    if (known.length === 0) return ''
    return encoder.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: tidy })
  }

  return {
    vocabularySize: encoder.model.vocab.length,
    specialTokens,
    get fingerprint() {
      return (fingerprint ??= fingerprintOf(json, specialTokens, tidy))
    },
    encode(text, { addSpecialTokens = false } = {}) {
      if (encodeFast !== undefined && frame !== undefined) {
        return addSpecialTokens ? [...frame.before, ...encodeFast(text), ...frame.after] : encodeFast(text)
      }
      return encoder.encode(text, { add_special_tokens: addSpecialTokens }).ids
    },
    decode,
    decodeStream,
    tokenToId: (token) => encoder.token_to_id(token),
    idToToken: (id) => encoder.id_to_token(id),
    save: (folder) => saveTokenizerFiles(folder, json, config),
  }
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

/** What the post-processor puts around a text, seen from one letter; undefined where it does more than that. */
function frameOf(encoder: Encoder): { before: number[]; after: number[] } | undefined {
  const plain = encoder.encode('a', { add_special_tokens: false }).ids
  const framed = encoder.encode('a', { add_special_tokens: true }).ids
  const at = framed.indexOf(plain[0]!)
  if (plain.length !== 1 || at < 0) return undefined
  return { before: framed.slice(0, at), after: framed.slice(at + 1) }
}

/** A token in a configuration file is its text, or an object that has it as `content`. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || !('content' in value)) return undefined
  return typeof value.content === 'string' ? value.content : undefined
}

function isByteLevel(json: object): boolean {
  const decoder = 'decoder' in json ? json.decoder : undefined
  return typeof decoder === 'object' && decoder !== null && 'type' in decoder && decoder.type === 'ByteLevel'
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
