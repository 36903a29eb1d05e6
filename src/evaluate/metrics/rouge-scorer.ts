/**
 * ROUGE of one prediction against one reference, on ids of tokens.
 *
 *     ROUGE-n   Σ min(count in reference, count in prediction) over n-grams
 *     ROUGE-L   length of the longest common subsequence
 *     ROUGE-Lsum  the same by lines: positions of a reference line that occur in its longest common subsequence
 *                 with any line of the prediction, every token counted at most as often as it occurs
 *
 * divided by the number of n-grams (tokens) of the prediction for precision, of the reference for recall;
 * F1 = 2PR / (P + R). A text without tokens scores 0.
 *
 * Lin, C.-Y. "ROUGE: a package for automatic evaluation of summaries." 2004; equal to google's rouge_score.
 */
import { commonSubsequenceLength, commonSubsequencePositions } from './longest-common-subsequence.ts'
import { porterStem } from './porter-stemmer.ts'
import type { Tokenize } from './rouge-units.ts'

export const rougeNames = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const
export type RougeName = (typeof rougeNames)[number]

/** Each from 0 to 1. */
export interface PrecisionRecall {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export type RougeScore = Record<RougeName, PrecisionRecall>

/** A text as the scorer reads it. Make it with the scorer that compares it: ids differ between scorers. */
export interface RougeText {
  readonly ids: Int32Array
  readonly lines: readonly Int32Array[]
  readonly bigrams: Int32Array
}

export interface RougeScorer {
  /** Tokenizes a text once, for any number of comparisons. */
  read(text: string): RougeText
  compare(reference: RougeText, prediction: RougeText): RougeScore
}

/** Two ids in one exact number: ids stay below 2²⁶. */
const idLimit = 2 ** 26
/** Shorter words are never stemmed (rouge_score does the same). */
const shortestStemmed = 4
const englishWord = /^[a-z0-9]+$/

function ratio(hits: number, predicted: number, expected: number): PrecisionRecall {
  if (hits === 0) return { precision: 0, recall: 0, f1: 0 }
  const precision = hits / predicted
  const recall = hits / expected
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) }
}

/** How often each id occurs in the reference at hand; all zero between calls, grown to the largest id. */
let counts = new Int32Array(1024)

/** How many ids two lists share, repetitions counted. */
function overlap(reference: Int32Array, prediction: Int32Array): number {
  for (const id of reference) {
    if (id >= counts.length) {
      const grown = new Int32Array(2 * id + 1)
      grown.set(counts)
      counts = grown
    }
    counts[id]!++
  }
  let shared = 0
  for (const id of prediction) {
    if (id < counts.length && counts[id]! > 0) {
      counts[id]!--
      shared++
    }
  }
  for (const id of reference) counts[id] = 0
  return shared
}

function concatenate(lines: readonly Int32Array[]): Int32Array {
  if (lines.length === 1) return lines[0]!
  const ids = new Int32Array(lines.reduce((sum, line) => sum + line.length, 0))
  let end = 0
  for (const line of lines) {
    ids.set(line, end)
    end += line.length
  }
  return ids
}

function countTokens(ids: Int32Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

function summaryHits(reference: RougeText, prediction: RougeText): number {
  const referenceCounts = countTokens(reference.ids)
  const predictionCounts = countTokens(prediction.ids)
  let hits = 0
  for (const line of reference.lines) {
    const union = new Set(prediction.lines.flatMap((other) => commonSubsequencePositions(line, other)))
    for (const position of union) {
      const id = line[position]!
      const expected = referenceCounts.get(id)!
      const predicted = predictionCounts.get(id)!
      if (expected === 0 || predicted === 0) continue
      referenceCounts.set(id, expected - 1)
      predictionCounts.set(id, predicted - 1)
      hits++
    }
  }
  return hits
}

function compare(reference: RougeText, prediction: RougeText): RougeScore {
  const expected = reference.ids.length
  const predicted = prediction.ids.length
  const common = commonSubsequenceLength(reference.ids, prediction.ids)
  const rougeL = ratio(common, predicted, expected)
  const oneLine = reference.lines.length <= 1 && prediction.lines.length <= 1
  return {
    rouge1: ratio(overlap(reference.ids, prediction.ids), predicted, expected),
    rouge2: ratio(overlap(reference.bigrams, prediction.bigrams), predicted - 1, expected - 1),
    rougeL,
    rougeLsum: oneLine ? rougeL : ratio(summaryHits(reference, prediction), predicted, expected),
  }
}

/**
 * A scorer over the tokens of `tokenize`, which is called a line at a time (a line is a sentence to ROUGE-Lsum).
 * With `stem`, words of English letters and digits of more than three of them are reduced by `porterStem`.
 */
export function rougeScorer(tokenize: Tokenize, stem: boolean): RougeScorer {
  const idOfToken = new Map<string, number>()
  const idOfStem = new Map<string, number>()
  const idOfBigram = new Map<number, number>()

  function identify(token: string): number {
    const known = idOfToken.get(token)
    if (known !== undefined) return known
    const stemmed =
      stem && token.length >= shortestStemmed && englishWord.test(token) ? porterStem(token) : token
    const id = idOfStem.get(stemmed) ?? idOfStem.size
    idOfStem.set(stemmed, id)
    idOfToken.set(token, id)
    return id
  }

  function identifyBigram(both: number): number {
    const known = idOfBigram.get(both)
    if (known !== undefined) return known
    idOfBigram.set(both, idOfBigram.size)
    return idOfBigram.size - 1
  }

  function identifyAll(tokens: string[]): Int32Array {
    const ids = new Int32Array(tokens.length)
    for (let index = 0; index < ids.length; index++) ids[index] = identify(tokens[index]!)
    return ids
  }

  return {
    read(text) {
      const lines = text
        .split('\n')
        .map((line) => identifyAll(tokenize(line)))
        .filter((line) => line.length > 0)
      const ids = concatenate(lines)
      const bigrams = new Int32Array(Math.max(ids.length - 1, 0))
      for (let index = 0; index < bigrams.length; index++) {
        bigrams[index] = identifyBigram(ids[index]! * idLimit + ids[index + 1]!)
      }
      return { ids, lines, bigrams }
    },
    compare,
  }
}
