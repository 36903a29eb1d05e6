import { type CountedNgrams, NgramCounter } from './ngram-counter.ts'
import { estimateKneserNey } from './kneser-ney.ts'
import { type NgramModel, type NgramScore, NgramScorer } from './ngram-model.ts'
import {
  createSplitter,
  linesOf,
  settleUnits,
  type Texts,
  type UnitOptions,
  type UnitSettings,
} from './units.ts'

export interface LanguageModelOptions extends UnitOptions {
  /** Words of the longest n-gram. Default 5, as CCNet. */
  readonly order?: number | undefined
  /** Called with the number of texts counted so far. */
  readonly onProgress?: ((texts: number) => void) | undefined
}

/** What a language model says of a text; each line that is not blank is a sentence. */
export interface TextScore extends NgramScore {
  /** Unicode characters of those lines, one more for each line's end. */
  characters: number
}

/** An n-gram language model of text. */
export interface TextModel {
  readonly ngrams: NgramModel
  readonly settings: UnitSettings
  score(text: string): TextScore
}

/**
 * Trains an interpolated modified Kneser-Ney model (Chen and Goodman, 1998; the same probabilities as KenLM's lmplz) on
 * texts, each line of which is a sentence. The texts are asked for twice where the units are `pieces`. Counts take about
 * 30 bytes an n-gram. The same texts give the same model.
 *
 * @throws YuksuError `invalid-order`, `too-many-ngrams`, and for `pieces` what training a tokenizer throws.
 */
export async function trainLanguageModel(
  texts: Texts,
  options: LanguageModelOptions = {},
): Promise<TextModel> {
  const settings = await settleUnits(texts, options)
  const counter = await createTextCounter(settings, options.order ?? 5)
  let read = 0
  for await (const text of texts()) {
    counter.add(text)
    if (++read % 1000 === 0) options.onProgress?.(read)
  }
  return counter.finish()
}

/** Counts texts one by one and makes a model of them. */
export async function createTextCounter(
  settings: UnitSettings,
  order: number,
): Promise<{ add(text: string): void; readonly sentences: () => number; finish(): Promise<TextModel> }> {
  const split = await createSplitter(settings)
  const counter = new NgramCounter(order)
  return {
    add(text) {
      for (const line of linesOf(text)) counter.add(split(line))
    },
    sentences: () => counter.sentences,
    finish: () => createTextModel(modelOfCounts(counter.finish()), settings),
  }
}

export function modelOfCounts(counted: CountedNgrams): NgramModel {
  return { ...counted, ...estimateKneserNey(counted) }
}

/** A model of n-grams with what cuts text into their words. */
export async function createTextModel(ngrams: NgramModel, settings: UnitSettings): Promise<TextModel> {
  const split = await createSplitter(settings)
  const scorer = new NgramScorer(ngrams)
  return {
    ngrams,
    settings,
    score(text) {
      const score: TextScore = { logProbability: 0, tokens: 0, unknown: 0, characters: 0 }
      for (const line of linesOf(text)) {
        scorer.addSentence(split(line), score)
        score.characters += countCharacters(line) + 1
      }
      return score
    },
  }
}

function countCharacters(line: string): number {
  let count = line.length
  for (let i = 0; i < line.length; i++) if ((line.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}

/** Perplexity per token, ends of sentences counted as tokens (as KenLM); NaN for a text without words. */
export function perplexity(score: NgramScore): number {
  return score.tokens === 0 ? Number.NaN : 10 ** (-score.logProbability / score.tokens)
}

/**
 * Bits per character of texts under a model of `characters` or `pieces`, ends of lines counted as characters: what compares
 * models whose tokens differ. A unit that the model does not know costs what `<unk>` costs, which is less than spelling it
 * out, so the share of unknown units is given beside it; for words it is no fair measure.
 */
export function bitsPerCharacter(
  model: TextModel,
  texts: Iterable<string>,
): { bits: number; unknownShare: number } {
  const sum = { logProbability: 0, tokens: 0, unknown: 0, characters: 0 }
  for (const text of texts) {
    const score = model.score(text)
    sum.logProbability += score.logProbability
    sum.tokens += score.tokens
    sum.unknown += score.unknown
    sum.characters += score.characters
  }
  return {
    bits: (-sum.logProbability * Math.log2(10)) / sum.characters,
    unknownShare: sum.unknown / sum.tokens,
  }
}
