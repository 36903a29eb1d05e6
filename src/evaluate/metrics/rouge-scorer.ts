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
import { commonSubsequencePositions } from '../../data/rouge/longest-common-subsequence.ts'
import { AsciiWords } from './ascii-words.ts'
import { countIds, sharedIds, sharedPairs } from './multiset.ts'
import { porterStem } from './porter-stemmer.ts'
import { type PrecisionRecall, precisionRecall, scoreRougeL } from '../../data/rouge/rouge-l.ts'
import type { Tokenize } from '../../data/rouge/rouge-units.ts'

export const rougeNames = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const
export type RougeName = (typeof rougeNames)[number]

export type { PrecisionRecall }

export type RougeScore = Record<RougeName, PrecisionRecall>

/** A text as the scorer reads it. Make it with the scorer that compares it: ids differ between scorers. */
export interface RougeText {
  readonly ids: Int32Array
  readonly lines: readonly Int32Array[]
}

export interface RougeScorer {
  /** Tokenizes a text once, for any number of comparisons. */
  read(text: string): RougeText
  compare(reference: RougeText, prediction: RougeText): RougeScore
}

/** Shorter words are never stemmed (rouge_score does the same). */
const shortestStemmed = 4
const englishWord = /^[a-z0-9]+$/

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

function summaryHits(reference: RougeText, prediction: RougeText): number {
  const unmatched = countIds(prediction.ids)
  let hits = 0
  for (const line of reference.lines) {
    const found = new Uint8Array(line.length)
    for (const other of prediction.lines) {
      for (const position of commonSubsequencePositions(line, other)) found[position] = 1
    }
    for (let position = 0; position < line.length; position++) {
      if (found[position] === 1 && unmatched.take(line[position]!)) hits++
    }
  }
  unmatched.clear()
  return hits
}

function compare(reference: RougeText, prediction: RougeText): RougeScore {
  const expected = reference.ids.length
  const predicted = prediction.ids.length
  const rougeL = scoreRougeL(reference.ids, prediction.ids)
  const oneLine = reference.lines.length <= 1 && prediction.lines.length <= 1
  return {
    rouge1: precisionRecall(sharedIds(reference.ids, prediction.ids), predicted, expected),
    rouge2: precisionRecall(sharedPairs(reference.ids, prediction.ids), predicted - 1, expected - 1),
    rougeL,
    rougeLsum: oneLine ? rougeL : precisionRecall(summaryHits(reference, prediction), predicted, expected),
  }
}

/**
 * A scorer over the tokens of `tokenize`, which is called a line at a time (a line is a sentence to ROUGE-Lsum).
 * With `stem`, words of English letters and digits of more than three of them are reduced by `porterStem`.
 */
export function rougeScorer(tokenize: Tokenize, stem: boolean): RougeScorer {
  const idOfToken = new Map<string, number>()
  const idOfStem = new Map<string, number>()

  function identify(token: string): number {
    let id = idOfToken.get(token)
    if (id !== undefined) return id
    if (stem) {
      const stemmed = token.length >= shortestStemmed && englishWord.test(token) ? porterStem(token) : token
      id = idOfStem.get(stemmed) ?? idOfStem.size
      idOfStem.set(stemmed, id)
    } else id = idOfToken.size
    idOfToken.set(token, id)
    return id
  }

  function identifyAll(tokens: string[]): Int32Array {
    const ids = new Int32Array(tokens.length)
    for (let index = 0; index < ids.length; index++) ids[index] = identify(tokens[index]!)
    return ids
  }

  const ascii = tokenize.asciiWords ? new AsciiWords(identify) : undefined

  return {
    read(text) {
      const lines = text
        .split('\n')
        .map((line) => ascii?.read(line) ?? identifyAll(tokenize(line)))
        .filter((line) => line.length > 0)
      const ids = concatenate(lines)
      return { ids, lines }
    },
    compare,
  }
}
