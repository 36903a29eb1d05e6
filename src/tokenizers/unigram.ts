import { YuksuError } from '../errors.ts'
import { alphabetOf } from './character-pairs.ts'
import { countWords } from './count-words.ts'
import { createNormalizer } from './normalizers.ts'
import { byteTokens, pieceFrame } from './piece-json.ts'
import type { CorpusReport, PieceTrainingOptions } from './piece-options.ts'
import { createPreTokenizer } from './pre-tokenizers.ts'
import { settleRoles } from './special-tokens.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { addedTokensJson, templateJson, tokenizerConfig } from './tokenizer-json.ts'
import { readTokenizerParts } from './tokenizer-parts.ts'
import { learnUnigram } from './unigram-training.ts'

export interface UnigramOptions extends PieceTrainingOptions {
  /** Whether characters that are no pieces are written as their bytes, 256 tokens more; else they are unknown. Default true. */
  readonly byteFallback?: boolean | undefined
  /** Unicode normal form of text before anything else. Default NFKC, as SentencePiece. */
  readonly normalizer?: 'NFC' | 'NFKC' | 'none' | undefined
  /** The longest piece, in characters. Default 16. */
  readonly maximumPieceLength?: number | undefined
  /** The part of the pieces that is kept at each turn. Default 0.75. */
  readonly shrinkingFactor?: number | undefined
  /** Stretches of text to start from at most. Default a million. */
  readonly seedPieces?: number | undefined
}

/**
 * Trains a unigram tokenizer (Kudo 2018) in the manner of SentencePiece: see {@link learnUnigram} for what is learned and what it follows.
 *
 * @throws YuksuError as `trainByteLevelBpe`; `invalid-special-token` where none of the special tokens is for what is unknown.
 */
export async function trainUnigram(
  texts: Iterable<string> | AsyncIterable<string>,
  options: UnigramOptions,
): Promise<Tokenizer & { readonly corpus: CorpusReport }> {
  const { vocabularySize, byteFallback = true, onProgress } = options
  const normalizer = options.normalizer === 'none' ? undefined : (options.normalizer ?? 'NFKC')
  const specialTokens = [...new Set(options.specialTokens ?? ['<unk>', '<s>', '</s>'])]
  const roles = settleRoles(specialTokens, options.roles)
  if (roles.unk === undefined) {
    throw new YuksuError(
      'invalid-special-token',
      'No special token is for what is unknown, and a unigram model needs one; add <unk>.',
    )
  }
  const frame = pieceFrame(normalizer)
  const parts = readTokenizerParts({ ...frame, model: { type: 'Unigram', vocab: [] } })
  const { scanner } = createPreTokenizer(parts.preTokenizers, false)
  const { counter, texts: read } = await countWords(texts, {
    isolated: specialTokens,
    normalize: createNormalizer(parts.normalizers),
    count: (text, counter) => counter.addText(text, scanner!),
    onProgress: onProgress && ((done) => onProgress({ stage: 'counting-texts', done })),
  })
  const words = counter.texts()
  const alphabet = alphabetOf(words.texts, words.counts, options.alphabetLimit)
  const first = [...specialTokens, ...(byteFallback ? byteTokens : [])]
  if (first.length + alphabet.length > vocabularySize) {
    throw new YuksuError(
      'vocabulary-too-small',
      `A vocabulary of ${vocabularySize} was asked for, but ${first.length} tokens and ${alphabet.length} characters come ` +
        `first; ask for more than ${first.length + alphabet.length}, or limit the alphabet.`,
    )
  }
  const pieces = learnUnigram({
    ...(options.alphabetLimit === undefined ? words : cutAtOthers(words, alphabet)),
    pieces: vocabularySize - first.length,
    vocabularySize,
    alphabet,
    maximumLength: options.maximumPieceLength ?? 16,
    shrinkingFactor: options.shrinkingFactor ?? 0.75,
    seeds: options.seedPieces ?? 1_000_000,
    onProgress:
      onProgress && ((done) => onProgress({ stage: 'dropping-pieces', done, total: vocabularySize })),
  })
  // A text that happens to read `<0x41>` shall be cheaper to write by its six characters than by that byte.
  const byteScore = 6 * (pieces.at(-1)?.[1] ?? 0) - 1
  const vocabulary = [
    ...first.map((token, id) => [token, id < specialTokens.length ? 0 : byteScore] as const),
    ...pieces.filter(([piece]) => !first.includes(piece)),
  ]
  const tokens = vocabulary.map(([token]) => token)
  const json = {
    ...frame,
    added_tokens: addedTokensJson(specialTokens, tokens),
    post_processor: templateJson(roles.bos, roles.eos, tokens),
    model: {
      type: 'Unigram',
      unk_id: tokens.indexOf(roles.unk),
      vocab: vocabulary,
      byte_fallback: byteFallback,
    },
  }
  return Object.assign(createTokenizer(json, tokenizerConfig({ roles, specialTokens })), {
    corpus: { texts: read, preTokens: counter.total, distinctPreTokens: counter.distinct },
  })
}

/** Words cut at the characters that are not in the alphabet, which are left out. */
function cutAtOthers(
  { texts, counts }: { texts: readonly string[]; counts: Float64Array },
  alphabet: readonly string[],
): { texts: string[]; counts: Float64Array } {
  const known = new Set(alphabet)
  const sums = new Map<string, number>()
  texts.forEach((text, word) => {
    let part = ''
    for (const character of [...text, '']) {
      if (known.has(character)) part += character
      else {
        if (part !== '') sums.set(part, (sums.get(part) ?? 0) + counts[word]!)
        part = ''
      }
    }
  })
  return { texts: [...sums.keys()], counts: Float64Array.from(sums.values()) }
}
