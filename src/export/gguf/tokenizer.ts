import { YuksuError } from '../../errors.ts'
import type { GgufValue } from '../../formats/gguf/metadata.ts'
import { readTemplateSource } from '../../tokenizers/chat-template.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { renderPrompt } from '../../tokenizers/render.ts'
import { readTokenizerFiles } from '../../tokenizers/tokenizer-folder.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { bool, string, uint32 } from './architecture.ts'
import { describeByteLevel } from './byte-level.ts'
import { describeSentencePiece } from './sentence-piece.ts'
import { describeWordPiece } from './word-piece.ts'
import {
  type TokenizerFile,
  tokenizerFile,
  tokenKinds,
  unsupportedTokenizer,
  type VocabularyDescription,
} from './tokenizer-file.ts'

/** Tokens that end what a model writes: the field has three names for them. */
const endNames = ['eos', 'eot', 'eom']

/**
 * The metadata of a model folder's tokenizer, under `tokenizer.`. `endTokens` are those at which the model stops. Throws YuksuError where
 * llama.cpp has no such tokenizer, and notes what it does otherwise in rare texts.
 */
export async function describeTokenizer(
  { folder, settings, family }: Pick<Checkpoint, 'folder' | 'settings' | 'family'>,
  endTokens: readonly number[],
): Promise<VocabularyDescription> {
  const { json, config } = await readTokenizerFiles(folder)
  const tokenizer = await loadTokenizer(folder)
  const parsed = tokenizerFile.safeParse(json)
  if (!parsed.success || !['BPE', 'WordPiece'].includes(parsed.data.model.type)) {
    const type = (json as { model?: { type?: unknown } }).model?.type
    throw unsupportedTokenizer(`its kind is ${JSON.stringify(type)}; BPE and WordPiece can be written`)
  }
  const file = parsed.data
  const size = settings.vocab_size as number
  const kind = describeKind(file, size, tokenizer)
  const { tokens, kinds } = listTokens(file, size, kind)
  const template = await readTemplateSource(folder, config)
  // An encoder writes nothing, so nothing ends what it writes.
  const special = specialIds(tokenizer, family.kind === 'encoder' ? undefined : endTokens)
  const notes = [...kind.notes]
  const stripped = file.added_tokens.filter(({ lstrip, rstrip }) => lstrip || rstrip)
  if (stripped.length > 0) {
    const names = stripped.map(({ content }) => `'${content}'`).join(', ')
    notes.push(`llama.cpp keeps the white space beside ${names}, which the tokenizer takes off`)
  }
  if (endTokens.length > endNames.length) {
    const more = endTokens.slice(endNames.length).join(', ')
    notes.push(
      `the model stops at ${endTokens.length} tokens and the file can name three; llama.cpp goes on at ${more} unless it knows them by their names`,
    )
  }
  return {
    values: [
      ...kind.values,
      ['tokenizer.ggml.tokens', { type: 'strings', value: tokens }],
      ['tokenizer.ggml.token_type', { type: 'int32s', value: kinds }],
      ...special,
      ...(kind.frames
        ? []
        : ([
            ['tokenizer.ggml.add_bos_token', bool(beginsPrompts(tokenizer))],
            // A prompt has not ended.
            ['tokenizer.ggml.add_eos_token', bool(false)],
          ] as const)),
      ...(template === undefined ? [] : [['tokenizer.chat_template', string(template)] as const]),
    ],
    notes,
  }
}

function describeKind(file: TokenizerFile, size: number, tokenizer: Tokenizer): VocabularyDescription {
  if (file.model.type === 'WordPiece') return describeWordPiece(file, tokenizer)
  return file.model.byte_fallback ? describeSentencePiece(file, size) : describeByteLevel(file)
}

/** The text and the kind of every id that the model has a row for. */
function listTokens(
  { model, added_tokens: added }: TokenizerFile,
  size: number,
  kind: VocabularyDescription,
): { tokens: string[]; kinds: number[] } {
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`)
  const kinds = new Array<number>(size).fill(tokenKinds.unused)
  const place = (id: number, token: string, tokenKind: number) => {
    if (id >= size) {
      throw new YuksuError(
        'vocabulary-size',
        `the tokenizer has the token ${JSON.stringify(token)} of id ${id} and the model rows for ${size}; check that both belong together`,
      )
    }
    tokens[id] = tokenKind === tokenKinds.normal ? (kind.textOf?.(token) ?? token) : token
    kinds[id] = tokenKind
  }
  for (const [token, id] of Object.entries(model.vocab))
    place(id, token, kind.kindOf?.(token, id) ?? tokenKinds.normal)
  for (const { id, content, special } of added) {
    const own = kinds[id] === tokenKinds.unknown ? tokenKinds.unknown : undefined
    place(id, content, own ?? (special ? tokenKinds.control : tokenKinds.userDefined))
  }
  return { tokens, kinds }
}

function specialIds(
  { specialTokens }: Tokenizer,
  endTokens: readonly number[] | undefined,
): (readonly [string, GgufValue])[] {
  const ends = endNames.flatMap((name, index) => {
    const id = endTokens?.[index]
    return id === undefined ? [] : [[name, id] as const]
  })
  if (endTokens !== undefined && ends.length === 0) {
    // llama.cpp would take some token for it that is none.
    throw new YuksuError(
      'no-end-token',
      'neither the tokenizer nor generation_config.json names a token that ends a text; add eos_token_id to config.json',
    )
  }
  // `seperator` is how llama.cpp spells it.
  const roles = { bos: 'bos', unk: 'unknown', sep: 'seperator', pad: 'padding', mask: 'mask' } as const
  const others = Object.entries(roles).flatMap(([role, name]) => {
    const id = specialTokens[role as keyof typeof roles]
    return id === undefined ? [] : [[name, id] as const]
  })
  return [...ends, ...others].map(([name, id]) => [`tokenizer.ggml.${name}_token_id`, uint32(id)] as const)
}

/** Whether a prompt begins with the token for that. Throws where it begins otherwise. */
function beginsPrompts(tokenizer: Tokenizer): boolean {
  const plain = tokenizer.encode('a')
  const prompt = renderPrompt(tokenizer, 'a')
  const before = prompt.slice(0, prompt.length - plain.length)
  if (before.length === 0) return false
  if (before.length === 1 && before[0] === tokenizer.specialTokens.bos) return true
  throw unsupportedTokenizer(
    `it puts the tokens ${before.join(', ')} before a text; one that begins texts (bos_token) can be told`,
  )
}
