/**
 * WordPiece (BERT). llama.cpp marks the beginnings of words instead of what goes on in them: `##리` becomes `리`, and `서울` `▁서울`. Texts
 * are split as BERT's own tokenizer does.
 */
import { z } from 'zod'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { bool, string, uint32 } from './architecture.ts'
import { type TokenizerFile, unsupportedTokenizer, type VocabularyDescription } from './tokenizer-file.ts'

const normalizer = z.object({
  type: z.literal('BertNormalizer'),
  clean_text: z.literal(true).default(true),
  handle_chinese_chars: z.literal(true).default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
})

/** What llama.cpp is told of the vocabulary. Throws YuksuError where it would split texts otherwise. */
export function describeWordPiece(file: TokenizerFile, tokenizer: Tokenizer): VocabularyDescription {
  const given = normalizer.safeParse(file.normalizer)
  if (!given.success || file.pre_tokenizer?.type !== 'BertPreTokenizer')
    throw unsupportedTokenizer("it changes and splits texts otherwise than BERT's own does")
  const mark = file.model.continuing_subword_prefix ?? '##'
  const { lowercase, strip_accents: strips = null } = given.data
  const stripsAccents = strips ?? lowercase
  const [begin, end] = frameOf(tokenizer)
  return {
    frames: true,
    values: [
      ['tokenizer.ggml.model', string('bert')],
      ['tokenizer.ggml.pre', string('default')],
      ['tokenizer.ggml.bos_token_id', uint32(begin)],
      ['tokenizer.ggml.cls_token_id', uint32(begin)],
      ['tokenizer.ggml.seperator_token_id', uint32(end)],
      ['tokenizer.ggml.add_bos_token', bool(true)],
      ['tokenizer.ggml.add_sep_token', bool(true)],
      ['tokenizer.ggml.normalizer.lowercase', bool(lowercase)],
      ['tokenizer.ggml.normalizer.strip_accents', bool(stripsAccents)],
    ],
    notes: stripsAccents
      ? [
          'the tokenizer takes accents off, and Hangul syllables apart with them, which llama.cpp does not: in Korean its ids are others',
        ]
      : [],
    textOf: (token) => (token.startsWith(mark) ? token.slice(mark.length) : `▁${token}`),
  }
}

/** The tokens before and behind a text. */
function frameOf(tokenizer: Tokenizer): [begin: number, end: number] {
  const plain = tokenizer.encode('a')
  const framed = tokenizer.encode('a', { addSpecialTokens: true })
  const [begin, end] = [framed[0], framed.at(-1)]
  if (framed.length === plain.length + 2 && begin !== undefined && end !== undefined) return [begin, end]
  throw unsupportedTokenizer(
    'it does not put one token before a text and one behind it, as llama.cpp does here',
  )
}
