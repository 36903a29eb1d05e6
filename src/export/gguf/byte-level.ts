/**
 * Byte-level encodings (GPT-2, Llama 3, Qwen). llama.cpp knows how a text is split before merging by the names of published tokenizers; a
 * split that has none cannot be told.
 */
import { z } from 'zod'
import { string } from './architecture.ts'
import { type TokenizerFile, unsupportedTokenizer, type VocabularyDescription } from './tokenizer-file.ts'

const contractions = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`
const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
const modern = (digits: string) =>
  String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

/** llama.cpp's names of splits: as they are, and where a piece that is a token stays whole whatever the merges say. */
const splits: readonly { pattern: string; name: string; whole?: string }[] = [
  { pattern: gpt2, name: 'gpt-2' },
  { pattern: modern(String.raw`\p{N}{1,3}`), name: 'dbrx', whole: 'llama-bpe' },
  { pattern: modern(String.raw`\p{N}`), name: 'qwen2' },
]

const byteLevelStep = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.boolean().default(false),
  use_regex: z.boolean().default(true),
})
const splitStep = z.object({
  type: z.literal('Split'),
  pattern: z.object({ Regex: z.string() }),
  behavior: z.literal('Isolated'),
  invert: z.literal(false),
})
const digitsStep = z.object({ type: z.literal('Digits'), individual_digits: z.literal(true) })
const step = z.union([byteLevelStep, splitStep, digitsStep])
const preTokenizer = z.union([
  step.transform((one) => [one]),
  z
    .object({ type: z.literal('Sequence'), pretokenizers: z.array(step) })
    .transform((all) => all.pretokenizers),
])

/** What llama.cpp is told of a byte-level encoding. Throws YuksuError where it has no such one. */
export function describeByteLevel(file: TokenizerFile): VocabularyDescription {
  const { model, normalizer } = file
  if (model.continuing_subword_prefix || model.end_of_word_suffix)
    throw unsupportedTokenizer('its tokens carry marks of where in a word they stand')
  const isForm = normalizer?.type === 'NFC'
  if (normalizer && !isForm)
    throw unsupportedTokenizer(`it changes texts first (${normalizer.type}), and llama.cpp does not`)
  return {
    values: [
      ['tokenizer.ggml.model', string('gpt2')],
      ['tokenizer.ggml.pre', string(preTokenizerName(file))],
      [
        'tokenizer.ggml.merges',
        {
          type: 'strings',
          value: model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
        },
      ],
    ],
    notes: isForm
      ? [
          'the tokenizer puts texts into normal form C first and llama.cpp does not: Hangul in single jamo, as macOS writes file names, must be normalized before',
        ]
      : [],
  }
}

function preTokenizerName({ pre_tokenizer: given, model }: TokenizerFile): string {
  const parsed = preTokenizer.safeParse(given)
  const steps = parsed.success ? parsed.data : []
  const last = steps.at(-1)
  if (last?.type !== 'ByteLevel')
    throw unsupportedTokenizer(
      `how it splits texts (${given?.type ?? 'not at all'}) has no name in llama.cpp`,
    )
  if (last.add_prefix_space)
    throw unsupportedTokenizer('it puts a space before every text, and llama.cpp does not for this kind')
  const [first, ...more] = steps.slice(0, -1)
  if (more.length === 0) {
    if (first === undefined && last.use_regex) return named(gpt2, model.ignore_merges)
    if (first?.type === 'Split' && !last.use_regex) return named(first.pattern.Regex, model.ignore_merges)
    if (first?.type === 'Digits' && last.use_regex && !model.ignore_merges) return 'smollm'
  }
  throw unsupportedTokenizer(`how it splits texts has no name in llama.cpp`)
}

function named(pattern: string, ignoresMerges: boolean): string {
  const split = splits.find((known) => known.pattern === pattern)
  const name = ignoresMerges ? split?.whole : split?.name
  if (name !== undefined) return name
  const reason =
    split === undefined ? `the pattern ${pattern}` : 'whole tokens before merges with this pattern'
  throw unsupportedTokenizer(`how it splits texts (${reason}) has no name in llama.cpp`)
}
