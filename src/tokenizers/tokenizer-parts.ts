/**
 * The parts of Hugging Face's `tokenizer.json` that are known here, with the defaults of the Rust library. A part or an option that
 * is not listed is an error that names it: to pass it over would give other ids in silence.
 */
import { z } from 'zod'

/** A part of `tokenizer.json` that is not known here. */
export class UnknownPart extends Error {}

const pattern = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: z.string() })])
export type PatternPart = z.output<typeof pattern>

const behavior = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'])
export type SplitBehavior = z.output<typeof behavior>

function part<Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) {
  return z.strictObject({ type: z.literal(type), ...shape })
}

const metaspace = {
  // Letters of one character; older files say the same twice.
  replacement: z.string().length(1).default('▁'),
  str_rep: z.string().optional(),
  add_prefix_space: z.boolean().optional(),
  prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
  split: z.boolean().default(true),
}
const byteLevel = {
  add_prefix_space: z.boolean().default(true),
  trim_offsets: z.boolean().default(true),
  use_regex: z.boolean().default(true),
}

const normalizer = z.discriminatedUnion('type', [
  part('NFC', {}),
  part('NFD', {}),
  part('NFKC', {}),
  part('NFKD', {}),
  part('Lowercase', {}),
  part('StripAccents', {}),
  part('Nmt', {}),
  part('ByteLevel', {}),
  part('Strip', { strip_left: z.boolean(), strip_right: z.boolean() }),
  part('Prepend', { prepend: z.string() }),
  part('Replace', { pattern, content: z.string() }),
  part('Precompiled', { precompiled_charsmap: z.string().nullable() }),
  part('BertNormalizer', {
    clean_text: z.boolean().default(true),
    handle_chinese_chars: z.boolean().default(true),
    strip_accents: z.boolean().nullable().default(null),
    lowercase: z.boolean().default(true),
  }),
])
export type NormalizerPart = z.output<typeof normalizer>

const preTokenizer = z.discriminatedUnion('type', [
  part('ByteLevel', byteLevel),
  part('Split', { pattern, behavior, invert: z.boolean().default(false) }),
  part('Metaspace', metaspace),
  part('BertPreTokenizer', {}),
  part('Whitespace', {}),
  part('WhitespaceSplit', {}),
  part('Punctuation', { behavior: behavior.default('Isolated') }),
  part('Digits', { individual_digits: z.boolean().default(false) }),
  part('CharDelimiterSplit', { delimiter: z.string() }),
  part('FixedLength', { length: z.int().min(1).default(5) }),
])
export type PreTokenizerPart = z.output<typeof preTokenizer>

const templatePiece = z.union([
  z.strictObject({ SpecialToken: z.strictObject({ id: z.string(), type_id: z.int() }) }),
  z.strictObject({ Sequence: z.strictObject({ id: z.enum(['A', 'B']), type_id: z.int() }) }),
])
const tokenAndId = z.tuple([z.string(), z.int()])
const postProcessor = z.discriminatedUnion('type', [
  part('ByteLevel', byteLevel),
  part('BertProcessing', { sep: tokenAndId, cls: tokenAndId }),
  part('RobertaProcessing', {
    sep: tokenAndId,
    cls: tokenAndId,
    trim_offsets: z.boolean().default(true),
    add_prefix_space: z.boolean().default(true),
  }),
  part('TemplateProcessing', {
    single: z.array(templatePiece),
    pair: z.array(templatePiece),
    special_tokens: z.record(z.string(), z.looseObject({ id: z.string(), ids: z.array(z.int()) })),
  }),
])
export type PostProcessorPart = z.output<typeof postProcessor>

const decoder = z.discriminatedUnion('type', [
  part('ByteLevel', byteLevel),
  part('Metaspace', metaspace),
  part('WordPiece', { prefix: z.string().default('##'), cleanup: z.boolean().default(true) }),
  part('BPEDecoder', { suffix: z.string().default('</w>') }),
  part('CTC', {
    pad_token: z.string().default('<pad>'),
    word_delimiter_token: z.string().default('|'),
    cleanup: z.boolean().default(true),
  }),
  part('ByteFallback', {}),
  part('Fuse', {}),
  part('Strip', { content: z.string(), start: z.int(), stop: z.int() }),
  part('Replace', { pattern, content: z.string() }),
])
export type DecoderPart = z.output<typeof decoder>

const vocabulary = z.custom<Readonly<Record<string, number>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((id) => Number.isInteger(id) && id >= 0),
  'expected token ids by token',
)
const merges = z.custom<readonly (string | readonly [string, string])[]>(
  (value) =>
    Array.isArray(value) &&
    value.every((merge) => typeof merge === 'string' || (Array.isArray(merge) && merge.length === 2)),
  'expected pairs of tokens',
)
const scores = z.custom<readonly (readonly [string, number])[]>(
  (value) =>
    Array.isArray(value) &&
    value.every(
      (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number',
    ),
  'expected pairs of a piece and its score',
)
const orNothing = z.string().nullish()

const model = z.discriminatedUnion('type', [
  part('BPE', {
    dropout: z.literal(0).nullish(),
    unk_token: orNothing,
    continuing_subword_prefix: orNothing,
    end_of_word_suffix: orNothing,
    fuse_unk: z.boolean().default(false),
    byte_fallback: z.boolean().default(false),
    ignore_merges: z.boolean().default(false),
    vocab: vocabulary,
    merges,
  }),
  part('WordPiece', {
    unk_token: z.string().default('[UNK]'),
    continuing_subword_prefix: z.string().default('##'),
    max_input_chars_per_word: z.int().default(100),
    vocab: vocabulary,
  }),
  part('WordLevel', { unk_token: z.string().default('<unk>'), vocab: vocabulary }),
  part('Unigram', {
    unk_id: z.int().nullish(),
    byte_fallback: z.boolean().default(false),
    vocab: scores,
  }),
])
export type ModelPart = z.output<typeof model>
export type ModelPartOf<Type extends ModelPart['type']> = Extract<ModelPart, { type: Type }>

const addedToken = z.object({
  id: z.int().min(0),
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(false),
  special: z.boolean().default(false),
})
export type AddedTokenPart = z.output<typeof addedToken>

/** `tokenizer.json`, its sequences of parts flattened. */
export interface TokenizerParts {
  readonly addedTokens: readonly AddedTokenPart[]
  readonly normalizers: readonly NormalizerPart[]
  readonly preTokenizers: readonly PreTokenizerPart[]
  readonly model: ModelPart
  readonly postProcessors: readonly PostProcessorPart[]
  readonly decoders: readonly DecoderPart[]
}

/** Reads the contents of `tokenizer.json`. Truncation and padding are the caller's matter and are passed over. Throws {@link UnknownPart}. */
export function readTokenizerParts(json: object): TokenizerParts {
  const given = json as Readonly<Record<string, unknown>>
  return {
    addedTokens: read(z.array(addedToken), given.added_tokens ?? [], 'added_tokens'),
    normalizers: flattened(given.normalizer, 'normalizers').map((each) =>
      read(normalizer, each, 'normalizer'),
    ),
    preTokenizers: flattened(given.pre_tokenizer, 'pretokenizers').map((each) =>
      read(preTokenizer, each, 'pre_tokenizer'),
    ),
    model: read(model, given.model, 'model'),
    postProcessors: flattened(given.post_processor, 'processors').map((each) =>
      read(postProcessor, each, 'post_processor'),
    ),
    decoders: flattened(given.decoder, 'decoders').map((each) => read(decoder, each, 'decoder')),
  }
}

/** A part, or the parts of a sequence, however deep. */
function flattened(value: unknown, key: string): unknown[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object' || !('type' in value) || value.type !== 'Sequence') return [value]
  const inner = (value as Readonly<Record<string, unknown>>)[key]
  if (!Array.isArray(inner)) throw new UnknownPart(`a Sequence has no list of ${key}`)
  return inner.flatMap((each: unknown) => flattened(each, key))
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const type = typeof value === 'object' && value !== null && 'type' in value ? ` ${String(value.type)}` : ''
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw new UnknownPart(`its ${name}${type} is not known here${place}: ${issue?.message}`)
}
