import { learnCharacterPairs } from './character-pairs.ts'
import { countWords } from './count-words.ts'
import { createNormalizer } from './normalizers.ts'
import { byteTokens, pieceFrame } from './piece-json.ts'
import type { CorpusReport, PieceTrainingOptions } from './piece-options.ts'
import { createPreTokenizer } from './pre-tokenizers.ts'
import { settleRoles } from './special-tokens.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { addedTokensJson, templateJson, tokenizerConfig } from './tokenizer-json.ts'
import { readTokenizerParts } from './tokenizer-parts.ts'

export interface PieceBpeOptions extends PieceTrainingOptions {
  /** A pair seen less often is not merged. Default 2. */
  readonly minimumFrequency?: number | undefined
  /** Unicode normal form of text before anything else. Default none, as Llama 2. */
  readonly normalizer?: 'NFC' | 'NFKC' | undefined
}

/**
 * Trains a byte-pair tokenizer over characters in the manner of Llama 2: `▁` for spaces, and the 256 bytes as tokens for characters that have none.
 * The merges equal those that the `BpeTrainer` of the Rust library `tokenizers` learns after its Metaspace step; SentencePiece's own
 * trainer breaks ties another way.
 *
 * @throws YuksuError as `trainByteLevelBpe`.
 */
export async function trainPieceBpe(
  texts: Iterable<string> | AsyncIterable<string>,
  options: PieceBpeOptions,
): Promise<Tokenizer & { readonly corpus: CorpusReport }> {
  const { vocabularySize, minimumFrequency = 2, normalizer, alphabetLimit, onProgress } = options
  const specialTokens = [...new Set(options.specialTokens ?? ['<unk>', '<s>', '</s>'])]
  const roles = settleRoles(specialTokens, options.roles)
  const frame = pieceFrame(normalizer)
  const model = {
    type: 'BPE',
    dropout: null,
    unk_token: roles.unk ?? null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: true,
    ignore_merges: false,
  }
  const parts = readTokenizerParts({ ...frame, model: { ...model, vocab: {}, merges: [] } })
  const { scanner } = createPreTokenizer(parts.preTokenizers, false)
  const { counter, texts: read } = await countWords(texts, {
    isolated: specialTokens,
    normalize: createNormalizer(parts.normalizers),
    count: (text, counter) => counter.addText(text, scanner!),
    onProgress: onProgress && ((done) => onProgress({ stage: 'counting-texts', done })),
  })
  const { tokens, merges } = learnCharacterPairs({
    ...counter.texts(),
    firstTokens: [...specialTokens, ...byteTokens],
    vocabularySize,
    minimumFrequency,
    alphabetLimit,
    onProgress:
      onProgress && ((done) => onProgress({ stage: 'learning-merges', done, total: vocabularySize })),
  })
  const json = {
    ...frame,
    added_tokens: addedTokensJson(specialTokens, tokens),
    post_processor: templateJson(roles.bos, roles.eos, tokens),
    model: {
      ...model,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => [tokens[left]!, tokens[right]!]),
    },
  }
  return Object.assign(createTokenizer(json, tokenizerConfig({ roles, specialTokens })), {
    corpus: { texts: read, preTokens: counter.total, distinctPreTokens: counter.distinct },
  })
}
