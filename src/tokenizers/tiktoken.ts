/** Vocabularies of the library tiktoken (https://github.com/openai/tiktoken) as `tokenizer.json`. */
import { YuksuError } from '../errors.ts'
import { byteToCharacter } from './byte-alphabet.ts'
import { cl100kPattern, gpt2Pattern, o200kPattern } from './split-patterns.ts'
import { splitStep } from './tokenizer-json.ts'

export interface TiktokenEncoding {
  /** The regular expression that cuts text into pre-tokens. */
  readonly pattern: string
  /** Ids of special tokens, which the file does not hold. */
  readonly specialTokens: Readonly<Record<string, number>>
}

/** The published encodings, by tiktoken's names for them. */
export const tiktokenEncodings = {
  r50k_base: { pattern: gpt2Pattern, specialTokens: { '<|endoftext|>': 50256 } },
  p50k_base: { pattern: gpt2Pattern, specialTokens: { '<|endoftext|>': 50256 } },
  cl100k_base: {
    pattern: cl100kPattern,
    specialTokens: {
      '<|endoftext|>': 100257,
      '<|fim_prefix|>': 100258,
      '<|fim_middle|>': 100259,
      '<|fim_suffix|>': 100260,
      '<|endofprompt|>': 100276,
    },
  },
  o200k_base: {
    pattern: o200kPattern,
    specialTokens: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 },
  },
} as const satisfies Record<string, TiktokenEncoding>

/**
 * `tokenizer.json` of a tiktoken file: a line for each token, its bytes in base64 and its rank. tiktoken keeps no merges: any two neighbours that are a
 * token together may be merged, so every way to cut a token in two is one, in order of the ranks.
 *
 * @throws YuksuError `invalid-tokenizer` naming the first line that is not of this form.
 */
export function tiktokenJson(file: string, { pattern, specialTokens }: TiktokenEncoding): object {
  const ranks = readRanks(file)
  const merges: [left: string, right: string][] = []
  const sorted = [...ranks].sort(([, a], [, b]) => a - b)
  for (const [token] of sorted) {
    const cuts: [left: string, right: string, leftRank: number, rightRank: number][] = []
    for (let at = 1; at < token.length; at++) {
      const [left, right] = [token.slice(0, at), token.slice(at)]
      const [leftRank, rightRank] = [ranks.get(left), ranks.get(right)]
      if (leftRank !== undefined && rightRank !== undefined) cuts.push([left, right, leftRank, rightRank])
    }
    cuts.sort((a, b) => a[2] - b[2] || a[3] - b[3])
    for (const [left, right] of cuts) merges.push([left, right])
  }
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(specialTokens).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [splitStep(pattern), { ...byteLevel, use_regex: false }],
    },
    post_processor: null,
    decoder: { ...byteLevel, add_prefix_space: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      // A pre-token that is a token stays whole in tiktoken too.
      ignore_merges: true,
      // The Rust library gives tokens that are not in here the next free ids, whatever is asked.
      vocab: { ...Object.fromEntries(sorted), ...specialTokens },
      merges,
    },
  }
}

/** Ranks by token in the byte alphabet. */
function readRanks(file: string): Map<string, number> {
  const ranks = new Map<string, number>()
  file.split('\n').forEach((line, index) => {
    if (line.trim() === '') return
    const parts = /^([A-Za-z0-9+/]+=*) (\d+)\r?$/.exec(line)
    if (parts === null) {
      throw new YuksuError(
        'invalid-tokenizer',
        `Line ${index + 1} of the tiktoken file is ${JSON.stringify(line.slice(0, 40))}; expected a token in base64 and its rank.`,
      )
    }
    let token = ''
    for (const byte of Buffer.from(parts[1]!, 'base64')) token += byteToCharacter[byte]!
    ranks.set(token, Number(parts[2]))
  })
  return ranks
}
