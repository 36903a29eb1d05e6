import { YuksuError } from '../errors.ts'
import { byteToCharacter } from './byte-alphabet.ts'
import { learnMerges } from './byte-pair-merges.ts'
import { countWords } from './count-words.ts'
import type { CountedWords, PreTokenCounter } from './pre-token-counter.ts'
import { behave } from './pre-tokenizers.ts'
import { splitMatcher } from './split-expression.ts'
import { gpt2Pattern, scannerOf } from './split-patterns.ts'
import { type SpecialTokenRoles, settleRoles } from './special-tokens.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { byteLevelBpeJson, tokenizerConfig } from './tokenizer-json.ts'

export interface ByteLevelBpeOptions {
  /** Tokens in all: special tokens, bytes and merges. Fewer are made where the texts hold no more. */
  readonly vocabularySize: number
  /** A pair seen less often is not merged. Default 2. */
  readonly minimumFrequency?: number | undefined
  /** Tokens never split nor merged; they get the first ids, in this order. */
  readonly specialTokens?: readonly string[] | undefined
  /** What special tokens are for; `<s>`, `</s>`, `<pad>`, `<unk>`, `<mask>` and `<|endoftext|>` (eos) need no word. */
  readonly roles?: SpecialTokenRoles | undefined
  /**
   * Whether special tokens that occur in the texts are cut out before counting, as `encode` will do. Default true.
   * The reference trainer does not: with `false` the merges equal its own on such texts, and learn pieces like `Person`.
   */
  readonly isolateSpecialTokens?: boolean | undefined
  /** Bytes that are tokens whether seen or not. Default all 256, without which some text cannot be encoded. */
  readonly initialAlphabet?: readonly number[] | undefined
  /** Whether a text is read as if it began with a space. Default false. */
  readonly addPrefixSpace?: boolean | undefined
  /** A regular expression that cuts text into pre-tokens (also what lies between its matches). Default GPT-2's. */
  readonly splitPattern?: string | undefined
  /** Unicode normal form of text before anything else; NFC joins decomposed jamo into syllables. Default none. */
  readonly normalizer?: 'NFC' | undefined
  readonly onProgress?: ((progress: TokenizerTrainingProgress) => void) | undefined
}

/** `counting-texts`: `done` texts read, total unknown. `learning-merges`: `done` of `total` tokens. `dropping-pieces`: `done` pieces are left on the way down to `total`. */
export interface TokenizerTrainingProgress {
  readonly stage: 'counting-texts' | 'learning-merges' | 'dropping-pieces'
  readonly done: number
  readonly total?: number
}

export interface TrainedTokenizer extends Tokenizer {
  /** The merges in order of rank, as they stand in `tokenizer.json`. */
  readonly merges: readonly (readonly [string, string])[]
  /** What was read. */
  readonly corpus: { readonly texts: number; readonly preTokens: number; readonly distinctPreTokens: number }
}

/**
 * Trains a byte-level BPE tokenizer (GPT-2's kind): the same tokens, ids and merges as `BpeTrainer` of the Rust library
 * `tokenizers` makes of the same texts, one call of its trainer's iterator per text.
 *
 * @throws YuksuError `vocabulary-too-small` where special tokens and alphabet alone exceed it, `invalid-special-token`,
 * `invalid-split-pattern`, `no-text` where the texts hold not one character.
 */
export async function trainByteLevelBpe(
  texts: Iterable<string> | AsyncIterable<string>,
  options: ByteLevelBpeOptions,
): Promise<TrainedTokenizer> {
  const { vocabularySize, minimumFrequency = 2, normalizer, addPrefixSpace = false, onProgress } = options
  const specialTokens = [...new Set(options.specialTokens)]
  const roles = settleRoles(specialTokens, options.roles)
  const { counter, texts: read } = await countWords(texts, {
    isolated: options.isolateSpecialTokens === false ? [] : specialTokens,
    normalize: normalizer && ((text) => text.normalize(normalizer)),
    count: preTokenReader(options.splitPattern, addPrefixSpace),
    onProgress: onProgress && ((done) => onProgress({ stage: 'counting-texts', done })),
  })
  const words = counter.words()
  const { tokens, idOfByte } = firstTokens(specialTokens, options.initialAlphabet, words)
  if (tokens.length > vocabularySize) {
    throw new YuksuError(
      'vocabulary-too-small',
      `A vocabulary of ${vocabularySize} was asked for, but ${specialTokens.length} special tokens and ` +
        `${tokens.length - specialTokens.length} bytes come first; ask for more than ${tokens.length}.`,
    )
  }
  const merges = learnMerges({
    symbols: Int32Array.from(words.bytes, (byte) => idOfByte[byte]!),
    starts: words.starts,
    counts: words.counts,
    tokens,
    vocabularySize,
    minimumFrequency,
    onProgress:
      onProgress && ((done) => onProgress({ stage: 'learning-merges', done, total: vocabularySize })),
  })
  const parts = {
    tokens,
    merges,
    specialTokens,
    roles,
    normalizer,
    addPrefixSpace,
    splitPattern: options.splitPattern,
  }
  const json = byteLevelBpeJson(parts)
  return Object.assign(createTokenizer(json, tokenizerConfig(parts)), {
    merges: json.model.merges,
    corpus: { texts: read, preTokens: counter.total, distinctPreTokens: counter.distinct },
  })
}

/** How a piece of text is counted: by hand for the known patterns, else as the encoder will cut it. */
function preTokenReader(
  splitPattern: string = gpt2Pattern,
  addPrefixSpace: boolean,
): (text: string, counter: PreTokenCounter) => void {
  if (addPrefixSpace && splitPattern !== gpt2Pattern) {
    throw new YuksuError(
      'invalid-split-pattern',
      'addPrefixSpace and splitPattern were both given; a prefix space is only defined for the default pattern, so drop one.',
    )
  }
  const scanner = scannerOf(splitPattern)
  if (scanner !== undefined) {
    return (text, counter) =>
      counter.addText(addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text, scanner)
  }
  const split = behave(splitMatcher(splitPattern), 'Isolated', false)
  return (text, counter) => {
    for (const word of split(text)) counter.addWord(word)
  }
}

/** Special tokens, then the alphabet ordered by its stand-in characters, as the reference orders it. */
function firstTokens(
  specialTokens: readonly string[],
  initialAlphabet: readonly number[] | undefined,
  words: CountedWords,
): { tokens: string[]; idOfByte: Int32Array } {
  const present = new Uint8Array(256).fill(initialAlphabet === undefined ? 1 : 0)
  for (const byte of initialAlphabet ?? []) present[byte] = 1
  for (const byte of words.bytes) present[byte] = 1
  const alphabet = byteToCharacter.filter((_, byte) => present[byte] === 1).sort()
  const tokens = [...new Set([...specialTokens, ...alphabet])]
  const idOfByte = Int32Array.from(byteToCharacter, (character) => tokens.indexOf(character))
  return { tokens, idOfByte }
}
