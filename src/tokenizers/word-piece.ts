import { YuksuError } from '../errors.ts'
import { learnCharacterPairs } from './character-pairs.ts'
import { countWords } from './count-words.ts'
import { createNormalizer } from './normalizers.ts'
import type { CorpusReport, PieceTrainingOptions } from './piece-options.ts'
import { createPreTokenizer } from './pre-tokenizers.ts'
import { settleRoles } from './special-tokens.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { addedTokensJson, templateJson, tokenizerConfig } from './tokenizer-json.ts'
import { readTokenizerParts } from './tokenizer-parts.ts'

export interface WordPieceOptions extends PieceTrainingOptions {
  /** A pair seen less often is not merged. Default 2. */
  readonly minimumFrequency?: number | undefined
  /** Whether all letters become small. Default false. Syllables of Korean stay whole, other than in BERT's uncased models. */
  readonly lowercase?: boolean | undefined
}

const bertTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']

/**
 * Trains a WordPiece tokenizer as BERT uses: the pieces that the `WordPieceTrainer` of the Rust library `tokenizers` learns (those of byte-pair
 * merges), but for ties, which that library breaks another way in every run. Text is cleaned as BERT does and brought to NFC.
 *
 * @throws YuksuError as `trainByteLevelBpe`; `invalid-special-token` where `[UNK]`, `[CLS]` or `[SEP]` is not among the special tokens.
 */
export async function trainWordPiece(
  texts: Iterable<string> | AsyncIterable<string>,
  options: WordPieceOptions,
): Promise<Tokenizer & { readonly corpus: CorpusReport }> {
  const { vocabularySize, minimumFrequency = 2, lowercase = false, alphabetLimit, onProgress } = options
  const specialTokens = [...new Set(options.specialTokens ?? bertTokens)]
  const roles = settleRoles(specialTokens, options.roles)
  for (const token of ['[UNK]', '[CLS]', '[SEP]']) {
    if (specialTokens.includes(token)) continue
    throw new YuksuError(
      'invalid-special-token',
      `${token} is not among the special tokens, and WordPiece needs it; add it.`,
    )
  }
  const frame = {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        {
          type: 'BertNormalizer',
          clean_text: true,
          handle_chinese_chars: true,
          strip_accents: false,
          lowercase,
        },
      ],
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  }
  const model = {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
  }
  const parts = readTokenizerParts({ ...frame, model: { ...model, vocab: {} } })
  const { scanner } = createPreTokenizer(parts.preTokenizers, false)
  const { counter, texts: read } = await countWords(texts, {
    isolated: specialTokens,
    normalize: createNormalizer(parts.normalizers),
    count: (text, counter) => counter.addText(text, scanner!),
    onProgress: onProgress && ((done) => onProgress({ stage: 'counting-texts', done })),
  })
  const { tokens } = learnCharacterPairs({
    ...counter.texts(),
    firstTokens: specialTokens,
    vocabularySize,
    minimumFrequency,
    alphabetLimit,
    prefix: '##',
    onProgress:
      onProgress && ((done) => onProgress({ stage: 'learning-merges', done, total: vocabularySize })),
  })
  const json = {
    ...frame,
    added_tokens: addedTokensJson(specialTokens, tokens),
    post_processor: templateJson('[CLS]', '[SEP]', tokens),
    model: { ...model, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
  }
  return Object.assign(createTokenizer(json, tokenizerConfig({ roles, specialTokens })), {
    corpus: { texts: read, preTokens: counter.total, distinctPreTokens: counter.distinct },
  })
}
