/**
 * New tokens for a finished tokenizer, such as Korean ones for one that has hardly any: merges that are learned on top of its own. They come after all
 * old ones, so every text is first cut as before and then joined further; old ids keep their meaning, and new ones begin above them.
 */
import { YuksuError } from '../errors.ts'
import { learnMerges } from './byte-pair-merges.ts'
import { hasAllBytes } from './byte-pair-model.ts'
import { characterCounts } from './character-pairs.ts'
import { countWords } from './count-words.ts'
import { IntegerList } from './integer-list.ts'
import { createNormalizer } from './normalizers.ts'
import type { PreTokenCounter } from './pre-token-counter.ts'
import { createPreTokenizer } from './pre-tokenizers.ts'
import { wholeTextScanner } from './text-encoder.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import type { TokenizerFiles } from './tokenizer-folder.ts'
import { type ModelPartOf, readTokenizerParts, type TokenizerParts } from './tokenizer-parts.ts'
import { byteTokenIds } from './unit-text.ts'
import { createWordModel } from './word-model.ts'

export interface ExtendTokenizerOptions {
  /** How many tokens to add at most. */
  readonly tokens: number
  /** A pair, or a character that has no token, seen less often is left as it is. Default 2. */
  readonly minimumFrequency?: number | undefined
  /** Told how many texts were read. */
  readonly onProgress?: ((texts: number) => void) | undefined
}

export interface AddedPiece {
  readonly id: number
  readonly token: string
  /** The ids that the tokenizer wrote this token's text by before; what its embedding can begin from. */
  readonly pieces: readonly number[]
}

type BytePairPart = ModelPartOf<'BPE'>

/**
 * A tokenizer with tokens learned from texts beside those of the given files (see `readTokenizerFiles`).
 *
 * @throws YuksuError `unsupported-tokenizer` for another kind than byte-pair encoding, `no-text`.
 */
export async function extendTokenizer(
  files: TokenizerFiles,
  texts: Iterable<string> | AsyncIterable<string>,
  { tokens: count, minimumFrequency = 2, onProgress }: ExtendTokenizerOptions,
): Promise<{ tokenizer: Tokenizer; added: readonly AddedPiece[] }> {
  const parts = readTokenizerParts(files.json)
  const model = extensible(parts)
  const normalize = parts.normalizers.length > 0 ? createNormalizer(parts.normalizers) : undefined
  const { counter } = await countWords(texts, {
    isolated: parts.addedTokens.map(({ content }) => content),
    normalize,
    count: wordReader(parts, hasAllBytes(model)),
    onProgress,
  })
  const words = counter.texts()
  const tokens = tokensById(parts, model)
  const last = tokens.length + count
  const characters = hasAllBytes(model)
    ? []
    : newCharacters(model, words, minimumFrequency).slice(0, Math.max(0, count))
  tokens.push(...characters)
  const withCharacters = {
    ...model,
    vocab: { ...model.vocab, ...Object.fromEntries(characters.map((token, i) => [token, last - count + i])) },
  }
  const merges = learnMerges({
    ...cutWords(withCharacters, words),
    tokens,
    vocabularySize: last,
    minimumFrequency,
  })
  const begin = last - count
  const added = tokens.slice(begin).map((token, index) => ({ id: begin + index, token }))
  const json = {
    ...files.json,
    model: {
      ...(files.json as { model: object }).model,
      // The Rust library numbers added tokens anew unless they are in here too.
      vocab: {
        ...model.vocab,
        ...Object.fromEntries(parts.addedTokens.map(({ id, content }) => [content, id])),
        ...Object.fromEntries(added.map(({ id, token }) => [token, id])),
      },
      merges: [...model.merges, ...merges.map(([left, right]) => [tokens[left]!, tokens[right]!])],
    },
  }
  const old = createWordModel(model, hasAllBytes(model))
  const mergeOf = new Map(merges.toReversed().map((merge) => [tokens[merge[0]]! + tokens[merge[1]]!, merge]))
  return {
    tokenizer: createTokenizer(json, files.config),
    added: added.map(({ id, token }) => ({ id, token, pieces: piecesOf(token, id) })),
  }

  /** A new token is a merge of two, down to what was there before. */
  function piecesOf(token: string, id: number): number[] {
    const merge = mergeOf.get(token)
    if (merge !== undefined)
      return merge.flatMap((part) => (part < begin ? [part] : piecesOf(tokens[part]!, part)))
    if (id < begin) return [id]
    const out = new IntegerList()
    const units = Uint16Array.from(token, (character) => character.charCodeAt(0))
    old.encode(units, 0, units.length, out)
    return out.toArray()
  }
}

function extensible({ model }: TokenizerParts): BytePairPart {
  if (model.type !== 'BPE' || model.continuing_subword_prefix || model.end_of_word_suffix) {
    throw new YuksuError(
      'unsupported-tokenizer',
      `Tokens can be added to byte-pair encoding that does not mark pieces within words; this is ${model.type}. Train a new tokenizer instead.`,
    )
  }
  return model
}

function wordReader(parts: TokenizerParts, bytes: boolean): (text: string, counter: PreTokenCounter) => void {
  const preTokenizer = createPreTokenizer(parts.preTokenizers, bytes)
  const scanner = preTokenizer.scanner && (wholeTextScanner(parts) ?? preTokenizer.scanner)
  return (text, counter) => {
    const prepared = preTokenizer.prepare(text, true)
    if (scanner !== undefined) counter.addText(prepared, scanner)
    else for (const word of preTokenizer.split?.(prepared, true) ?? [prepared]) counter.addWord(word)
  }
}

/** Tokens by id. What no merge may make, added tokens and ids without a token, stands as text that no other token has. */
function tokensById({ addedTokens }: TokenizerParts, model: BytePairPart): string[] {
  const tokens: string[] = []
  const put = (token: string, id: number) => {
    while (tokens.length <= id) tokens.push(`\0${tokens.length}`)
    tokens[id] = token
  }
  for (const [token, id] of Object.entries(model.vocab)) put(token, id)
  for (const { id } of addedTokens) put(`\0${id}`, id)
  return tokens
}

/** Characters without a token, the frequent ones first. */
function newCharacters(
  model: BytePairPart,
  { texts, counts }: { texts: readonly string[]; counts: Float64Array },
  minimumFrequency: number,
): string[] {
  return [...characterCounts(texts, counts)]
    .filter(([character, seen]) => model.vocab[character] === undefined && seen >= minimumFrequency)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([character]) => character)
}

/** Words as the ids that the model writes them by. Tokens of bytes and the unknown one join with nothing: words end there. */
function cutWords(
  model: BytePairPart,
  { texts, counts }: { texts: readonly string[]; counts: Float64Array },
): { symbols: Int32Array; starts: Int32Array; counts: Float64Array } {
  const encoder = createWordModel(model, hasAllBytes(model))
  const fallback = model.byte_fallback ? byteTokenIds((token) => model.vocab[token]) : []
  const breaks = new Set([...fallback, model.vocab[model.unk_token ?? '']])
  const ids = new IntegerList()
  const symbols: number[] = []
  const starts: number[] = [0]
  const partCounts: number[] = []
  const close = (count: number) => {
    if (symbols.length === starts.at(-1)) return
    starts.push(symbols.length)
    partCounts.push(count)
  }
  texts.forEach((text, word) => {
    const units = Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
    ids.length = 0
    encoder.encode(units, 0, units.length, ids)
    for (const id of ids.toArray()) {
      if (breaks.has(id)) close(counts[word]!)
      else symbols.push(id)
    }
    close(counts[word]!)
  })
  return {
    symbols: Int32Array.from(symbols),
    starts: Int32Array.from(starts),
    counts: Float64Array.from(partCounts),
  }
}
